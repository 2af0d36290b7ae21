/** Open requests around the place that may be the same problem: shown before the words, joined instead of sent. */
import { getFragment } from "../http.ts";
import { need } from "../report/fields.ts";
import type { Point } from "../report/geo.ts";
import { say } from "../words.ts";

const WAIT = 4000;

export class KnownNearby extends HTMLElement {
  /** Set by the form: what to do once the person follows another request instead. */
  joined: () => Promise<void> = () => Promise.resolve();
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

  async #join(button: HTMLButtonElement): Promise<void> {
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(button.formAction, { method: "POST", headers: { Accept: "text/html" }, body: new URLSearchParams(), signal: AbortSignal.timeout(15_000) });
      if (!answer.ok) throw new Error(String(answer.status));
      await this.joined();
      location.assign(answer.url);
    } catch {
      button.removeAttribute("aria-busy");
      const failed = need<HTMLElement>(this, "[data-nearby-failed]");
      failed.textContent = say("join_failed");
      failed.hidden = false;
    }
  }
}

customElements.define("known-nearby", KnownNearby);
