/** What a person sees of the outbox, and does with it. */
import { allItems, changeItem, changeItems, findItem, takeOut } from "../store/items.ts";
import { allReceipts, deleteReceipt, findReceipt } from "../store/receipts.ts";
import type { Draft, Item, Receipt } from "../store/types.ts";
import { changed, stop, watch } from "./changes.ts";
import { asItIs, write } from "./row.ts";
import { drainAll, resume } from "./sender.ts";

export type Settled = { kind: "sent"; receipt: Receipt } | { kind: "needs-you"; item: Item } | { kind: "waiting"; item: Item } | { kind: "gone" };

/** All that is not sent, the oldest first. */
export function items(): Promise<Item[]> {
  return allItems();
}

/** What the city has, the newest first; kept until dismissed, or for two weeks. */
export function receipts(): Promise<Receipt[]> {
  return allReceipts();
}

export async function dismiss(id: string): Promise<void> {
  await deleteReceipt(id);
  changed();
}

/** Tries at once, and as if for the first time: one item, even one that the city has refused, or all that wait. Resolves when that pass is over. */
export async function sendNow(id?: string): Promise<void> {
  const afresh = (item: Item): Item => ({ ...item, tries: 0, next: 0 });
  const again = (item: Item): Item => (item.state === "needs-you" ? { ...afresh(item), state: "waiting", trouble: null } : afresh(item));
  if (id) await write(id, null, again);
  // On a full disk nothing is written, and all are due in this pass anyhow.
  else if (await changeItems(null, (item) => (item.state === "needs-you" ? null : afresh(item))).catch(() => 0)) changed();
  await (id ? resume() : drainAll());
}

/**
 * Deletes an item. One whose sending was never begun is gone when this resolves. For any other the city has to be told,
 * which may have it already: "deleting", until it has answered.
 * "sent" for one that has arrived meanwhile: nothing is deleted then.
 * Rejects with `NotKept` when that cannot be written down, on a full disk.
 */
export async function remove(id: string): Promise<"deleted" | "deleting" | "sent"> {
  const taken = await takeOut(id, null, (item) => !asItIs(item).attempted && item.state !== "deleting");
  const kept = taken ? null : await changeItem(id, (item) => ({ ...item, state: "deleting", tries: 0, next: 0, trouble: null }));
  if (!taken && !kept && (await findReceipt(id))) return "sent";
  stop(id);
  changed();
  const left = taken ? undefined : await findItem(id);
  if (left) resume().catch(() => undefined);
  return left ? "deleting" : "deleted";
}

/**
 * What becomes of an item within `ms` milliseconds. "waiting" as soon as a try has failed, or when the time is over;
 * "gone" for one that was deleted meanwhile.
 */
export function settled(id: string, ms: number): Promise<Settled> {
  const since = Date.now();
  return new Promise((resolve, reject) => {
    let last: Item | undefined;
    const end = (settled: Settled): void => {
      clearTimeout(timer);
      unwatch();
      resolve(settled);
    };
    const look = async (): Promise<void> => {
      const item = await findItem(id);
      const receipt = item ? undefined : await findReceipt(id);
      if (receipt) end({ kind: "sent", receipt });
      else if (!item) end({ kind: "gone" });
      else if (item.state === "needs-you") end({ kind: "needs-you", item });
      else if (item.state === "waiting" && item.trouble && item.trouble.at >= since) end({ kind: "waiting", item });
      last = item;
    };
    const unwatch = watch(() => void look().catch(reject));
    const timer = setTimeout(() => end(last ? { kind: "waiting", item: last } : { kind: "gone" }), ms);
    look().catch(reject);
  });
}

/**
 * Takes an item out to be changed: a report becomes a draft again, under the same number and with the city's words; of
 * anything else the fields are answered and nothing is kept.
 * Rejects with `Unmendable`: `sending` (wait, or delete it), `sent` (the city has it; the item has become a receipt), `gone`.
 * Offline it cannot be known whether a report whose sending was begun has arrived: if it has, the city keeps the first
 * version, and what is mended here and sent again under the same number is answered with that one.
 */
export async function mend(id: string): Promise<Draft> {
  return (await import("./mend.ts")).mend(id);
}

/** A zip with report.json and the photos. Rejects with `Unmendable` for an item that is gone. */
export async function exportItem(id: string): Promise<Blob> {
  return (await import("./export.ts")).exportItem(id);
}
