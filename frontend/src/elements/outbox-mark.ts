/** How many things are not sent yet, beside "My reports"; in words for who hears the page. */
import { isUnsent, items, needsPerson, watch } from "../outbox.ts";
import { fill } from "../words.ts";

export class OutboxMark extends HTMLElement {
  #stop = (): void => undefined;
  #asked = false;

  connectedCallback(): void {
    this.#stop = watch(() => void this.#show());
    void this.#show();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  /** A change while the phone is asked is read with the next asking, not with one of its own. */
  async #show(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    await new Promise((done) => setTimeout(done, 50));
    this.#asked = false;
    const all = (await items().catch(() => [])).filter(isUnsent);
    const count = all.length;
    const needs = all.filter(needsPerson).length;
    this.hidden = count === 0;
    this.classList.toggle("bad", needs > 0);
    if (count === 0) return;
    const words = [fill(this.dataset["unsent"] ?? "", { count }), needs ? fill(this.dataset["needs"] ?? "", { count: needs }) : ""];
    const number = Object.assign(document.createElement("span"), { textContent: needs ? "!" : String(count), ariaHidden: "true" });
    const said = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` (${words.filter(Boolean).join(", ")})` });
    this.replaceChildren(number, said);
  }
}
