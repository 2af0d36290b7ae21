/** Which items are sent next. Pure. */
import type { Item } from "../store/types.ts";
import { holdsUp, isDue } from "./policy.ts";

/**
 * The items that may be sent now, as chains: those of one subject follow each other, the oldest first; chains may be
 * sent at the same time. What waits for a person or for its next try keeps no other subject waiting, and what has
 * failed before comes after what has not. `all`: what waits for its next try is due too.
 */
export function chains(items: readonly Item[], now: number, all = false): Item[][] {
  const subjects = new Map<string, { due: Item[]; held: boolean }>();
  for (const item of [...items].sort(oldestFirst)) {
    const chain = subjects.get(item.subject) ?? { due: [], held: false };
    subjects.set(item.subject, chain);
    if (item.state === "needs-you" || chain.held) continue;
    if (all || isDue(item.next, now)) chain.due.push(item);
    else chain.held = holdsUp(item);
  }
  const found = [...subjects.values()].map((chain) => chain.due).filter((due) => due.length > 0);
  return found.sort(([a], [b]) => a!.tries - b!.tries || oldestFirst(a!, b!));
}

/** When the next try is due, in milliseconds since 1970; null where nothing waits. */
export function nextTime(items: readonly Item[], now: number): number | null {
  const times = items.filter((item) => item.state !== "needs-you").map((item) => (isDue(item.next, now) ? now : item.next));
  return times.length ? Math.min(...times) : null;
}

function oldestFirst(a: Item, b: Item): number {
  return a.made - b.made || (a.client_request_id < b.client_request_id ? -1 : 1);
}
