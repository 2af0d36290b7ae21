/** The page for a caller, by keyboard: kind, place, words and who calls; what to say comes beside it as one types. */
import { KindBox } from "../desk/kind-box.ts";
import { getFragment } from "../http.ts";
import { need } from "../report/fields.ts";
import { applyConditions } from "../report/questions.ts";
import type { FoundPlace } from "./place-search.ts";

export class CallForm extends HTMLElement {
  #asked = 0;

  connectedCallback(): void {
    const words = need<HTMLInputElement>(this, "[data-kind-words]");
    const kinds = need<HTMLSelectElement>(this, "[name=service_code]");
    new KindBox(words, need(this, "#kind-results"), this.getAttribute("catalogue") ?? "", (kind) => {
      kinds.value = kind.code;
      void this.#show(true);
    });
    kinds.addEventListener("change", () => void this.#show(true));
    this.addEventListener("place-found", (event) => this.#place((event as CustomEvent<FoundPlace>).detail));
    need<HTMLInputElement>(this, "[name=address_string]").addEventListener("input", () => this.#put({ lat: "", long: "", address_id: "", zipcode: "" }));
    this.addEventListener("change", () => applyConditions(this));
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) need<HTMLFormElement>(this, "form").requestSubmit();
    });
    applyConditions(this);
    words.focus();
  }

  #place(place: FoundPlace): void {
    this.#put({ lat: String(place.lat), long: String(place.long), address_id: String(place.place_id ?? ""), zipcode: place.zipcode ?? "", address_string: place.label });
    void this.#show(false);
  }

  #put(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) need<HTMLInputElement>(this, `[name=${name}]`).value = value;
  }

  /** What to ask and to say; the questions stay as they are answered while the kind stays. */
  async #show(anew: boolean): Promise<void> {
    const [code, lat, long] = ["service_code", "lat", "long"].map((name) => need<HTMLInputElement>(this, `[name=${name}]`).value);
    if (!code) return;
    const asked = ++this.#asked;
    const query = new URLSearchParams({ service_code: code, ...(lat && long ? { lat, long } : {}) });
    const html = await getFragment(`/staff/call/kind?${query}`).catch(() => "");
    if (!html || asked !== this.#asked) return;
    const made = document.createElement("template");
    made.innerHTML = html;
    const beside = need<HTMLElement>(this, "[data-kind]");
    if (anew || !beside.querySelector("[data-script]")) beside.replaceChildren(made.content);
    else need(beside, "[data-script]").replaceWith(need(made.content, "[data-script]"));
    applyConditions(this);
  }
}

customElements.define("call-form", CallForm);
