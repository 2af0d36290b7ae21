/** A field that finds kinds while one types: the ARIA 1.2 combobox, over the catalogue that the page has fetched. */
import { getJson } from "../http.ts";
import { type Kind, KindIndex } from "../report/kind-index.ts";

export class KindBox {
  #found: Kind[] = [];
  #active = 0;
  #index: Promise<KindIndex>;
  readonly input: HTMLInputElement;
  readonly list: HTMLElement;
  readonly chosen: (kind: Kind) => void;

  constructor(input: HTMLInputElement, list: HTMLElement, catalogue: string, chosen: (kind: Kind) => void) {
    [this.input, this.list, this.chosen] = [input, list, chosen];
    this.#index = getJson<{ services: Kind[] }>(catalogue, 20_000).then((found) => new KindIndex(found.services));
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
    input.addEventListener("input", () => void this.#search());
    input.addEventListener("keydown", (event) => this.#pressed(event));
    input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => this.#choose([...list.children].indexOf((event.target as Element).closest("[role=option]") as Element)));
  }

  async #search(): Promise<void> {
    const words = this.input.value.trim();
    const index = await this.#index;
    if (words !== this.input.value.trim()) return;
    this.#found = words ? index.search(words, 8) : [];
    this.list.replaceChildren(
      ...this.#found.map((kind, at) => {
        const option = Object.assign(document.createElement("li"), { id: `kind-result-${at}`, textContent: kind.name });
        option.setAttribute("role", "option");
        return option;
      }),
    );
    this.list.hidden = this.#found.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.#mark(0);
  }

  #pressed(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.ctrlKey || this.list.hidden) return;
    if (step) {
      event.preventDefault();
      this.#mark((this.#active + step + this.#found.length) % this.#found.length);
    } else if (event.key === "Enter" || event.key === "Tab") {
      if (event.key === "Enter") event.preventDefault();
      this.#choose(this.#active);
    } else if (event.key === "Escape") this.#close();
  }

  #mark(at: number): void {
    this.#active = at;
    [...this.list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
    const active = this.list.children[at];
    if (active) this.input.setAttribute("aria-activedescendant", active.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #choose(at: number): void {
    const kind = this.#found[at];
    if (!kind) return;
    this.input.value = kind.name;
    this.#close();
    this.chosen(kind);
  }

  #close(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
