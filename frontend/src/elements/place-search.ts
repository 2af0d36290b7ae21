/** A field that finds places while one types: the ARIA 1.2 combobox with a list, over `GET /places` or its `source`. */
import { patience } from "../area/caches.ts";
import { getJson } from "../http.ts";
import { need } from "../report/fields.ts";
import { say } from "../words.ts";

export interface FoundPlace {
  label: string;
  lat: number;
  long: number;
  hint?: string | null;
  zipcode?: string | null;
  place_id?: number | null;
}

const PAUSE = 180;
const SHORTEST = 2;

export class PlaceSearch extends HTMLElement {
  /** "lat,long": of equally good places the nearer comes first. */
  near = "";
  #input!: HTMLInputElement;
  #list!: HTMLUListElement;
  #found: FoundPlace[] = [];
  #active = -1;
  #timer = 0;
  #asking: AbortController | null = null;
  #said = document.createElement("p");

  connectedCallback(): void {
    this.#input = need(this, "[name=place_q], [data-place-words]");
    this.#list = need(this, "[role=listbox]");
    this.#said.className = "visually-hidden";
    this.#said.setAttribute("role", "status");
    this.append(this.#said);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.#list.id })) this.#input.setAttribute(name, value);
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#pressed(event));
    this.#input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest("[role=option]");
      if (option) this.#choose([...this.#list.children].indexOf(option));
    });
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const words = this.#input.value.trim();
    if (words.length < SHORTEST) this.#close();
    else this.#timer = window.setTimeout(() => void this.#ask(words), PAUSE);
  }

  async #ask(words: string): Promise<void> {
    const asking = (this.#asking = new AbortController());
    try {
      const query = new URLSearchParams({ q: words, ...(this.near ? { near: this.near } : {}) });
      this.#found = await getJson<FoundPlace[]>(`${this.getAttribute("source") ?? "/places"}?${query}`, await patience(), asking.signal).catch((error: unknown) => this.#fromKept(words, asking, error));
      this.#show();
      this.#said.textContent = this.#found.length ? say("places_found", { count: this.#found.length }) : say("places_none");
    } catch {
      if (asking.signal.aborted) return;
      this.#close();
      this.#tell(say("places_offline"));
    }
  }

  /** Without a connection: from the area that the person took along, if any. */
  async #fromKept(words: string, asking: AbortController, error: unknown): Promise<FoundPlace[]> {
    if (asking.signal.aborted) throw error;
    const { searchKept } = await import("../area/offline.ts");
    const found = await searchKept(words, this.near);
    if (!found || asking.signal.aborted) throw error;
    return found;
  }

  #show(): void {
    this.#active = -1;
    if (this.#found.length === 0) return this.#tell(say("places_none"));
    this.#list.replaceChildren(...this.#found.map((place, number) => this.#option(place, number)));
    this.#open();
  }

  /** Words in the list's place, which cannot be chosen. */
  #tell(words: string): void {
    const line = document.createElement("li");
    line.setAttribute("role", "option");
    line.setAttribute("aria-disabled", "true");
    line.textContent = words;
    this.#found = [];
    this.#list.replaceChildren(line);
    this.#open();
  }

  #open(): void {
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    this.#mark(-1);
  }

  #close(): void {
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }

  #option(place: FoundPlace, number: number): HTMLLIElement {
    const option = document.createElement("li");
    option.id = `place-result-${number}`;
    option.setAttribute("role", "option");
    const label = document.createElement("span");
    label.textContent = place.label;
    option.append(label);
    const more = place.hint ?? place.zipcode;
    if (more) option.append(Object.assign(document.createElement("small"), { textContent: more }));
    return option;
  }

  #pressed(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#list.hidden = false;
      const count = this.#found.length;
      this.#mark(this.#active < 0 && step < 0 ? count - 1 : (this.#active + step + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.#list.hidden && this.#found.length) this.#choose(Math.max(this.#active, 0));
    } else if (event.key === "Escape" && !this.#list.hidden) {
      event.preventDefault();
      this.#close();
    }
  }

  #mark(number: number): void {
    this.#active = number;
    [...this.#list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
    const active = this.#list.children[number];
    if (!active) return this.#input.removeAttribute("aria-activedescendant");
    this.#input.setAttribute("aria-activedescendant", active.id);
    active.scrollIntoView({ block: "nearest" });
  }

  #choose(number: number): void {
    const place = this.#found[number];
    if (!place) return;
    this.#input.value = "";
    this.#close();
    this.dispatchEvent(new CustomEvent<FoundPlace>("place-found", { bubbles: true, detail: place }));
  }
}

customElements.define("place-search", PlaceSearch);
