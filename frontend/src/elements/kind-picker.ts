/** The kind of problem: searched on the phone over the whole catalogue, or by group; then its questions. */
import { getJson } from "../http.ts";
import { need } from "../report/fields.ts";
import { type Kind, KindIndex } from "../report/kind-index.ts";
import type { Problem } from "../store/types.ts";
import { applyConditions, missingAnswers, stopIn } from "../report/questions.ts";
import { say } from "../words.ts";

interface Catalogue {
  groups: { code: string; name: string }[];
  services: Kind[];
}

export class KindPicker extends HTMLElement {
  chosen: Kind | null = null;
  #index: KindIndex | null = null;
  #loading: Promise<void> | null = null;
  #around: string[] = [];

  connectedCallback(): void {
    const search = need<HTMLInputElement>(this, "[name=kind_q]");
    search.addEventListener("input", () => this.#search(search.value));
    search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("change", () => {
      applyConditions(this);
      this.stop?.scrollIntoView({ block: "center" });
    });
    applyConditions(this);
  }

  /** Gets the catalogue, once; again after a failure. */
  load(url: string): Promise<void> {
    this.#loading ??= getJson<Catalogue>(url, 20_000).then(
      (catalogue) => {
        this.#index = new KindIndex(catalogue.services);
        this.#search(need<HTMLInputElement>(this, "[name=kind_q]").value);
      },
      (error: unknown) => {
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }

  /** The codes of what is most reported around the place, shown while nothing is searched for. */
  showAround(codes: string[]): void {
    this.#around = codes;
    // Nothing moves under the finger of somebody who has opened a group or searched meanwhile.
    if (this.querySelector('[data-group][aria-pressed="true"]') || need<HTMLInputElement>(this, "[name=kind_q]").value.trim()) return;
    this.#search("");
  }

  choose(code: string): void {
    const kind = this.#index?.kinds.find((one) => one.code === code);
    if (!kind) return;
    this.chosen = kind;
    need<HTMLElement>(this, "[data-choosing]").hidden = true;
    const card = need<HTMLElement>(this, "[data-chosen]");
    card.hidden = false;
    need(card, "[data-name]").textContent = kind.name;
    need(card, "[data-description]").textContent = kind.description ?? "";
    const notice = need<HTMLElement>(this, "[data-notice]");
    notice.textContent = kind.notice ?? "";
    notice.hidden = !kind.notice;
    this.#setCode(kind.code);
    // The server's own words, from the same template that the page itself is made of.
    need(this, "[data-questions]").innerHTML = kind.questions ?? "";
    applyConditions(this);
    this.dispatchEvent(new CustomEvent("kind-chosen", { bubbles: true }));
  }

  problems(): Problem[] {
    if (!need<HTMLInputElement>(this, "[data-code]").value) return [{ field: "service_code", message: say("kind_none") }];
    return missingAnswers(need(this, "[data-questions]"));
  }

  get stop(): HTMLElement | null {
    return stopIn(this);
  }

  #setCode(code: string): void {
    const input = need<HTMLInputElement>(this, "[data-code]");
    input.value = code;
    input.disabled = !code;
  }

  #clicked(event: Event): void {
    const button = (event.target as Element).closest("button");
    if (!button) return;
    if (button.dataset["kind"]) {
      this.choose(button.dataset["kind"]);
      need<HTMLElement>(this, "[data-change]").focus();
    } else if (button.dataset["group"]) {
      event.preventDefault();
      const kinds = this.#index?.kinds.filter((kind) => kind.group === button.dataset["group"]) ?? [];
      this.#list(button.textContent ?? "", kinds);
      for (const one of this.querySelectorAll("[data-group]")) one.setAttribute("aria-pressed", String(one === button));
      need<HTMLElement>(this, "[data-kinds] h2").focus();
    } else if ("change" in button.dataset) {
      event.preventDefault();
      this.#setCode("");
      this.chosen = null;
      need<HTMLElement>(this, "[data-chosen]").hidden = true;
      need<HTMLElement>(this, "[data-notice]").hidden = true;
      need(this, "[data-questions]").replaceChildren();
      need<HTMLElement>(this, "[data-choosing]").hidden = false;
      need<HTMLInputElement>(this, "[name=kind_q]").focus();
    }
  }

  #search(query: string): void {
    if (!this.#index) return;
    for (const one of this.querySelectorAll("[data-group]")) one.setAttribute("aria-pressed", "false");
    const words = query.trim();
    const around = this.#around.flatMap((code) => this.#index?.kinds.find((kind) => kind.code === code) ?? []);
    const found = words ? this.#index.search(words) : around;
    this.#list(words ? say(found.length ? "kinds_title" : "kinds_none") : say("kinds_around"), found, Boolean(words));
    need(this, "[data-count]").textContent = words ? say("kinds_found", { count: found.length }) : "";
  }

  #list(title: string, kinds: readonly Kind[], always = false): void {
    const template = need<HTMLTemplateElement>(this, "template[data-option]");
    const heading = document.createElement("h2");
    heading.tabIndex = -1;
    heading.textContent = title;
    const choices = document.createElement("div");
    choices.className = "choices";
    for (const kind of kinds) {
      const option = template.content.cloneNode(true) as DocumentFragment;
      need<HTMLElement>(option, "button").dataset["kind"] = kind.code;
      need(option, "[data-name]").textContent = kind.name;
      need(option, "[data-description]").textContent = kind.description ?? "";
      choices.append(option);
    }
    need(this, "[data-kinds]").replaceChildren(...(kinds.length || always ? [heading, choices] : []));
  }
}

customElements.define("kind-picker", KindPicker);
