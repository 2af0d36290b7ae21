/**
 * The row of an item while it is sent. On a full disk, what cannot be written is remembered by this tab alone: sending
 * is what makes room.
 */
import { allItems, changeItem, findItem, takeOut } from "../store/items.ts";
import { NotKept } from "../store/not-kept.ts";
import type { Item, Receipt } from "../store/types.ts";
import { adapterOf } from "./adapters/index.ts";
import { changed } from "./changes.ts";

type Progress = Pick<Item, "state" | "attempted" | "tries" | "next" | "trouble">;

const unwritten = new Map<string, Progress>();

/** The row as it is now: what is on disk, and what could not be written there. */
export function asItIs(item: Item): Item {
  return item.state === "deleting" ? item : { ...item, ...unwritten.get(item.client_request_id) };
}

export async function current(id: string): Promise<Item | undefined> {
  const item = await findItem(id);
  return item && asItIs(item);
}

/** All that can be sent by this version of the app, the oldest first. */
export async function sendable(): Promise<Item[]> {
  return (await allItems()).filter((item) => adapterOf(item.kind)).map(asItIs);
}

/** Writes what `mend` makes of the row, if that is in this state (null for any). Answers with what was written, or null. */
export async function write(id: string, state: Item["state"] | null, mend: (item: Item) => Item | null): Promise<Item | null> {
  const mended = (item: Item): Item | null => {
    const now = asItIs(item);
    return state === null || now.state === state ? mend(now) : null;
  };
  const written = await changeItem(id, mended).then(forgetting(id), async (error: unknown) => {
    if (!isFull(error)) throw error;
    const item = await findItem(id);
    const now = item ? mended(item) : null;
    if (now) unwritten.set(id, { state: now.state, attempted: now.attempted, tries: now.tries, next: now.next, trouble: now.trouble });
    return now;
  });
  if (written) changed();
  return written;
}

/** Takes an item out that is in this state (null for any), and leaves a receipt: without one where nothing can be written. */
export async function finish(id: string, state: Item["state"] | null, receipt: Receipt | null): Promise<boolean> {
  const may = (item: Item): boolean => state === null || asItIs(item).state === state;
  const taken = await takeOut(id, receipt, may).catch((error: unknown) => {
    if (!isFull(error)) throw error;
    return takeOut(id, null, may);
  });
  if (!taken) return false;
  unwritten.delete(id);
  changed();
  return true;
}

function forgetting(id: string): (written: Item | null) => Item | null {
  return (written) => {
    if (written) unwritten.delete(id);
    return written;
  };
}

function isFull(error: unknown): boolean {
  return error instanceof NotKept && error.reason === "full";
}
