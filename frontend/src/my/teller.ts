/** Says aloud what changed in the outbox: once, politely, and only what a person would want to hear. */
import { isUnsent, needsPerson } from "../outbox.ts";
import type { Item, Receipt } from "../store/types.ts";
import { say } from "../words.ts";

export interface Tally {
  unsent: number;
  needsYou: number;
  sent: number;
}

export class Teller {
  #last: Tally | undefined;
  #known = new Set<string>();

  constructor(readonly place: HTMLElement) {}

  /** The first call is what the page shows anyhow: nothing is said. */
  tell(items: readonly Item[], receipts: readonly Receipt[]): void {
    const arrived = receipts.filter((receipt) => !this.#known.has(receipt.client_request_id));
    for (const receipt of arrived) this.#known.add(receipt.client_request_id);
    const tally = { unsent: items.filter(isUnsent).length, needsYou: items.filter(needsPerson).length, sent: arrived.length };
    const words = this.#last ? changeWords(this.#last, tally, say) : "";
    this.#last = tally;
    if (words) this.say(words);
  }

  say(words: string): void {
    this.place.textContent = words;
  }
}

/** "Sent just now: 2. Not sent yet: 5." Nothing for a change that is only progress. */
export function changeWords(before: Tally, after: Tally, speak: typeof say): string {
  if (!after.sent && after.needsYou <= before.needsYou) return "";
  const words = after.sent ? [speak("changed_sent", { count: after.sent })] : [];
  words.push(after.unsent ? speak("changed_unsent", { count: after.unsent }) : speak("changed_none"));
  if (after.needsYou > before.needsYou) words.push(speak("changed_needs_you", { count: after.needsYou }));
  return words.join(" ");
}
