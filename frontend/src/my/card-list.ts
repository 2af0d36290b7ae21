/** Cards by their number, in the order of what they show: added in small portions, changed in place, taken out. */
import type { Card } from "./card.ts";

const PORTION = 12;

export class CardList<T> {
  readonly #cards = new Map<string, Card>();
  #turn = 0;

  constructor(
    readonly list: HTMLElement,
    readonly make: (one: T) => Card,
    readonly fill: (card: Card, one: T) => void,
  ) {}

  /** Shows these and no others. Resolves when all are there; a later call overtakes an earlier one. */
  async show(all: readonly T[], idOf: (one: T) => string): Promise<void> {
    const turn = ++this.#turn;
    const wanted = new Set(all.map(idOf));
    for (const [id, card] of [...this.#cards]) if (!wanted.has(id)) this.#drop(id, card);
    let before: Element | null = null;
    for (const [number, one] of all.entries()) {
      if (number > 0 && number % PORTION === 0) await pause();
      if (turn !== this.#turn) return;
      const card = this.#cards.get(idOf(one)) ?? this.make(one);
      this.#cards.set(idOf(one), card);
      this.fill(card, one);
      const place: Element | null = before ? before.nextElementSibling : this.list.firstElementChild;
      if (place !== card.element) this.list.insertBefore(card.element, place);
      before = card.element;
    }
  }

  /** The focus goes on to the next card, or to the list's heading when it was the last. */
  #drop(id: string, card: Card): void {
    const held = card.element.contains(document.activeElement);
    const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
    card.element.remove();
    this.#cards.delete(id);
    if (!held) return;
    const target = next?.querySelector<HTMLElement>("[data-do]:not([hidden])") ?? this.list.closest("section")?.querySelector<HTMLElement>("[tabindex='-1']");
    target?.focus();
  }
}

/** Lets the browser draw and take a tap. */
function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done));
}
