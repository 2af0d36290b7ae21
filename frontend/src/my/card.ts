/** One card of a list, filled in from the page's template: only what changed is written, so that nobody is told twice. */
import { need } from "../report/fields.ts";

export class Card {
  readonly element: HTMLLIElement;
  #shown = "";

  constructor(template: HTMLTemplateElement, act: (what: string, button: HTMLElement) => void) {
    this.element = need<HTMLLIElement>(template.content.cloneNode(true) as DocumentFragment, "li");
    this.element.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button[data-do]");
      if (button && button.ariaBusy !== "true") act(button.dataset["do"] ?? "", button);
    });
  }

  /** Whether there is something new to show: `facts` is all that it shows. */
  isNew(...facts: unknown[]): boolean {
    const told = JSON.stringify(facts);
    if (told === this.#shown) return false;
    this.#shown = told;
    return true;
  }

  part<T extends HTMLElement>(name: string): T {
    return need<T>(this.element, `[data-${name}]`);
  }

  put(name: string, words: string): void {
    const part = this.part(name);
    if (part.textContent !== words) part.textContent = words;
  }

  /** The title, also in every button's name: "Delete: Pothole, 12 Beacon Street". */
  title(words: string): void {
    if (this.part("title").textContent === words) return;
    this.put("title", words);
    for (const button of this.element.querySelectorAll(".button, summary")) button.ariaLabel = `${button.textContent?.trim() ?? ""}: ${words}`;
  }

  /** Shows these of the buttons. The focus of one that goes moves to the card's next. */
  offer(wanted: readonly string[]): void {
    const held = this.element.contains(document.activeElement);
    for (const button of this.element.querySelectorAll<HTMLElement>("[data-do]")) button.hidden = !wanted.includes(button.dataset["do"] ?? "");
    if (held && (document.activeElement as HTMLElement | null)?.hidden) this.element.querySelector<HTMLElement>("[data-do]:not([hidden])")?.focus();
  }

  /** A picture that is read once the card comes near the screen. */
  picture(read: () => Promise<Blob | undefined>): void {
    const image = need<HTMLImageElement>(this.element, "img");
    image.hidden = false;
    this.element.classList.remove("no-photo");
    whenNear(this.element, async () => {
      const blob = this.element.isConnected ? await read().catch(() => undefined) : undefined;
      if (!blob) return;
      image.src = URL.createObjectURL(blob);
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    });
  }
}

const wanted = new WeakMap<Element, () => Promise<void>>();
let watcher: IntersectionObserver | undefined;
let turn = Promise.resolve();

/** One after the other: the phone goes on scrolling. */
function whenNear(element: Element, then: () => Promise<void>): void {
  watcher ??= new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      watcher?.unobserve(entry.target);
      turn = turn.then(wanted.get(entry.target));
    }
  }, { rootMargin: "300px" });
  wanted.set(element, then);
  watcher.observe(element);
}
