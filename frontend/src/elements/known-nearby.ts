/** Open requests around the place that may be the same problem: shown before the words, joined instead of sent. */
import { getFragment } from "../http.ts";
import { cityWords } from "../my/state.ts";
import { NotKept, queue, remove, settled } from "../outbox.ts";
import { need } from "../report/fields.ts";
import type { Point } from "../report/geo.ts";
import { say } from "../words.ts";

const WAIT = 4000;
const WAIT_JOIN = 6000;

export class KnownNearby extends HTMLElement {
  /** Set by the form: what to do once the person follows another request instead. `waits`: the join's number while it is not sent. */
  joined: (waits: string | null) => Promise<void> = () => Promise.resolve();
  /** Set by the form: puts the report that is being written on disk, and answers with its number. */
  keep: () => Promise<string> = () => Promise.resolve("");
  /** Numbers that were shown, and are not this problem. */
  readonly seen = new Set<string>();
  #asked = "";

  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("[data-join]");
      if (!button) return;
      event.preventDefault();
      void this.#join(button);
    });
  }

  /** Whether there is anything to show. A question that the server cannot answer now holds nobody up. */
  async load(at: Point | null, service_code: string): Promise<boolean> {
    const box = need(this, "[data-nearby]");
    if (!at || !service_code) return false;
    const query = new URLSearchParams({ lat: String(at.lat), long: String(at.long), service_code }).toString();
    if (query !== this.#asked) {
      box.replaceChildren();
      try {
        box.innerHTML = await getFragment(`/report/nearby?${query}`, WAIT);
        this.#asked = query;
      } catch {
        return this.#fromKept(box, at, service_code);
      }
    }
    return box.children.length > 0;
  }

  /** Without a connection: from the area that the person took along, if any. */
  async #fromKept(box: Element, at: Point, service_code: string): Promise<boolean> {
    try {
      const { keptCards } = await import("../area/known-cards.ts");
      box.replaceChildren(...(await keptCards(need<HTMLTemplateElement>(this, "template[data-kept-card]"), at, service_code)));
    } catch {
      return false;
    }
    return box.children.length > 0;
  }

  /** "Mine is another": the city is told which ones the person has looked at. */
  decline(): void {
    for (const one of this.querySelectorAll<HTMLElement>("[data-known]")) this.seen.add(one.dataset["known"] ?? "");
  }

  async #join(button: HTMLButtonElement): Promise<void> {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    try {
      const card = need<HTMLElement>(button.closest("[data-known]") ?? this, "h2");
      const subject = button.closest<HTMLElement>("[data-known]")?.dataset["known"] ?? "";
      const title = `${card.textContent?.trim() ?? ""}, ${subject}`;
      const draft = await this.keep();
      const { client_request_id } = await queue({ kind: "join", subject, title, language: document.documentElement.lang, fields: [], draft });
      await this.#follow(client_request_id);
    } catch (error) {
      if (error instanceof NotKept) await this.#direct(button);
      else this.#failed(say("join_failed"));
    }
    button.ariaBusy = null;
  }

  async #follow(id: string): Promise<void> {
    const told = await settled(id, WAIT_JOIN);
    if (told.kind === "needs-you") {
      this.#failed(cityWords(told.item, say) || say("join_failed"));
      await remove(id);
      return;
    }
    if (told.kind === "gone") return;
    await this.joined(told.kind === "sent" ? null : id);
    if (told.kind === "sent") location.assign(told.receipt.url);
  }

  /** A phone that keeps nothing: the page itself asks. */
  async #direct(button: HTMLButtonElement): Promise<void> {
    try {
      const answer = await fetch(button.formAction, { method: "POST", headers: { Accept: "text/html" }, body: new URLSearchParams(), signal: AbortSignal.timeout(15_000) });
      if (!answer.ok) throw new Error(String(answer.status));
      await this.joined(null);
      location.assign(answer.url);
    } catch {
      this.#failed(say("join_failed"));
    }
  }

  #failed(words: string): void {
    const failed = need<HTMLElement>(this, "[data-nearby-failed]");
    failed.textContent = words;
    failed.hidden = false;
  }
}

customElements.define("known-nearby", KnownNearby);
