/** Offers colleagues while “@…” is typed in its textarea: arrow keys choose, Enter or a click puts the name in. */
interface Colleague {
  handle: string;
  name: string;
}

const TYPED = /(?:^|[^\w.@+-])@([\w.+-]*)$/;
const WAIT_MS = 150;
let boxes = 0;

export class MentionBox extends HTMLElement {
  #text!: HTMLTextAreaElement;
  #list = document.createElement("ul");
  #timer = 0;
  #at = -1;

  connectedCallback(): void {
    const text = this.querySelector("textarea");
    if (!text || this.#list.isConnected) return;
    this.#text = text;
    this.#list.id = `mention-${(boxes += 1)}`;
    this.#list.className = "mention-list";
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", this.getAttribute("label") ?? "");
    this.#list.hidden = true;
    text.after(this.#list);
    text.addEventListener("input", () => this.#soon());
    text.addEventListener("keydown", (event) => this.#key(event));
    text.addEventListener("blur", () => window.setTimeout(() => this.#close(), WAIT_MS));
    this.#list.addEventListener("pointerdown", (event) => {
      const option = (event.target as HTMLElement).closest<HTMLElement>("[role=option]");
      event.preventDefault();
      if (option) this.#choose(option);
    });
  }

  #typed(): string | undefined {
    return TYPED.exec(this.#text.value.slice(0, this.#text.selectionStart))?.[1];
  }

  #soon(): void {
    window.clearTimeout(this.#timer);
    if (this.#typed() === undefined) return this.#close();
    this.#timer = window.setTimeout(() => void this.#offer(), WAIT_MS);
  }

  async #offer(): Promise<void> {
    const typed = this.#typed();
    if (typed === undefined) return;
    const answer = await fetch(`${this.getAttribute("from")}?q=${encodeURIComponent(typed)}`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || typed !== this.#typed()) return;
    const found = (await answer.json()) as Colleague[];
    this.#list.replaceChildren(...found.map((one, index) => this.#option(one, index)));
    this.#list.hidden = found.length === 0;
    this.#text.setAttribute("aria-controls", this.#list.id);
    this.#mark(found.length ? 0 : -1);
  }

  #option(one: Colleague, index: number): HTMLLIElement {
    const option = document.createElement("li");
    option.id = `${this.#list.id}-${index}`;
    option.setAttribute("role", "option");
    option.dataset["handle"] = one.handle;
    option.textContent = `${one.name} @${one.handle}`;
    return option;
  }

  #mark(index: number): void {
    this.#at = index;
    [...this.#list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    if (index < 0) this.#text.removeAttribute("aria-activedescendant");
    else this.#text.setAttribute("aria-activedescendant", `${this.#list.id}-${index}`);
  }

  #key(event: KeyboardEvent): void {
    if (this.#list.hidden) return;
    const count = this.#list.children.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const option = this.#list.children[this.#at] as HTMLElement | undefined;
    if (step) this.#mark((this.#at + step + count) % count);
    else if (event.key === "Escape") this.#close();
    else if (option && (event.key === "Enter" || event.key === "Tab")) this.#choose(option);
    else return;
    event.preventDefault();
  }

  #choose(option: HTMLElement): void {
    const end = this.#text.selectionStart;
    const start = end - (this.#typed() ?? "").length;
    this.#text.setRangeText(`${option.dataset["handle"]} `, start, end, "end");
    this.#close();
    this.#text.focus();
  }

  #close(): void {
    this.#list.hidden = true;
    this.#mark(-1);
  }
}
