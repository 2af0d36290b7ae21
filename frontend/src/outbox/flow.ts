/** One pass: what is due is sent in rounds; what comes meanwhile does not wait for a round that hangs. */
import type { Item } from "../store/types.ts";
import { chains } from "./order.ts";
import type { Pass } from "./pass.ts";
import { firstOf, sendRound } from "./round.ts";
import { sendable } from "./row.ts";

export class Flow {
  readonly #tried = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #rounds = new Set<Promise<void>>();
  #nudged = (): void => undefined;
  #wrong: unknown;

  constructor(
    readonly pass: Pass,
    public all: boolean,
  ) {}

  /** There is something new, or everything is to be tried again. */
  wake(all: boolean): void {
    this.all ||= all;
    this.#tried.clear();
    this.#nudged();
  }

  /** Resolves when nothing is due and nothing under way; rejects, then too, when the store failed. */
  async run(): Promise<void> {
    for (;;) {
      const news = new Promise<void>((resolve) => (this.#nudged = resolve));
      const due = await this.#due();
      for (let round = firstOf(due); round.length; round = firstOf(this.#left(due))) this.#begin(round);
      if (due.length) continue;
      if (this.#rounds.size) await Promise.race([news, ...this.#rounds]);
      else break;
    }
    if (this.#wrong) throw this.#wrong;
  }

  /** What was not tried yet; later items of a subject that is being sent wait for it. */
  async #due(): Promise<Item[][]> {
    if (this.#wrong || !this.pass.goesOn()) return [];
    const items = (await sendable()).filter((item) => !this.#tried.has(item.client_request_id) && !this.#busy.has(item.subject));
    return chains(items, Date.now(), this.all);
  }

  #left(due: Item[][]): Item[][] {
    return due.filter(([first]) => first && !this.#busy.has(first.subject));
  }

  #begin(due: Item[][]): void {
    const items = due.flat();
    for (const item of items) {
      this.#tried.add(item.client_request_id);
      this.#busy.add(item.subject);
    }
    const round = sendRound(due, this.pass)
      .catch((error: unknown) => void (this.#wrong ??= error))
      .finally(() => {
        this.#rounds.delete(round);
        for (const item of items) this.#busy.delete(item.subject);
      });
    this.#rounds.add(round);
  }
}
