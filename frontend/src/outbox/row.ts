/**
 * The row of an item while it is sent. On a full disk, what cannot be written is remembered by this tab alone: sending
 * is what makes room.
 */
import { allItems, changeItem, changeItems, dropPhotos, findItem, takeOut } from "../store/items.ts";
import { isFull } from "../store/not-kept.ts";
import type { Item, Receipt } from "../store/types.ts";
import { adapterOf } from "./adapters/index.ts";
import { changed } from "./changes.ts";

type Progress = Pick<Item, "state" | "attempted" | "stamp" | "tries" | "next" | "trouble">;

/** Milliseconds until room is looked for again. */
const AGAIN = 30_000;

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
    if (now) remember(now);
    return now;
  });
  if (written) changed();
  return written;
}

/** Writes what `mend` makes of these rows, together: whoever shows them looks once, not once for each. */
export async function writeMany(ids: readonly string[], mend: (item: Item) => Item | null): Promise<void> {
  const written = new Set<string>();
  const mended = (item: Item): Item | null => {
    const now = mend(asItIs(item));
    if (now) written.add(now.client_request_id);
    return now;
  };
  try {
    await changeItems(ids, mended);
    for (const id of written) unwritten.delete(id);
  } catch (error) {
    if (!isFull(error)) throw error;
    const wanted = new Set(ids);
    for (const item of (await allItems()).filter((one) => wanted.has(one.client_request_id))) {
      const now = mended(item);
      if (now) remember(now);
    }
  }
  changed();
}

function remember({ client_request_id, state, attempted, stamp, tries, next, trouble }: Item): void {
  unwritten.set(client_request_id, { state, attempted, tries, next, trouble, ...(stamp ? { stamp } : {}) });
}

/**
 * Takes an item out that is in this state (null for any), and leaves a receipt. On a full disk its photos go first, which
 * the city has: that makes room. Where there is none all the same the item stays, and the city is asked again later.
 */
export async function finish(id: string, state: Item["state"] | null, receipt: Receipt | null): Promise<void> {
  const may = (item: Item): boolean => state === null || asItIs(item).state === state;
  try {
    await takeOut(id, receipt, may).catch(async (error: unknown) => {
      if (!isFull(error)) throw error;
      await dropPhotos(id);
      return takeOut(id, receipt, may);
    });
    unwritten.delete(id);
    changed();
  } catch (error) {
    if (!isFull(error)) throw error;
    await write(id, state, (now) => ({ ...now, state: now.state === "deleting" ? "deleting" : "waiting", next: Date.now() + AGAIN, trouble: null }));
  }
}

function forgetting(id: string): (written: Item | null) => Item | null {
  return (written) => {
    if (written) unwritten.delete(id);
    return written;
  };
}
