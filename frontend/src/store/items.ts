/** What waits in the outbox. Every change reads the row that is on disk and writes it back in one transaction. */
import { change, withDatabase } from "./database.ts";
import { dropDraft, dropPhotosOf, firstTry } from "./drafts.ts";
import type { Draft, Item, Photo, Receipt, Thumb } from "./types.ts";

/** All items, the oldest first. */
export function allItems(): Promise<Item[]> {
  return withDatabase((database) => database.getAllFromIndex("items", "made"));
}

export function findItem(id: string): Promise<Item | undefined> {
  return withDatabase((database) => database.get("items", id));
}

export function findPhoto(id: string): Promise<Photo | undefined> {
  return withDatabase((database) => database.get("photos", id));
}

/** The small picture of a photo; undefined where the phone could not make one. */
export function findThumb(id: string): Promise<Thumb | undefined> {
  return withDatabase((database) => database.get("thumbs", id));
}

/**
 * Puts an item in the outbox, and takes its draft out; resolves when both are on disk. One that waits there under the
 * same number gets the new words; one that is being sent or deleted stays as it is. Answers with what stands there.
 */
export function addItem(item: Item): Promise<Item> {
  return change(["items", "drafts"], async (stores) => {
    const old = await stores.objectStore("items").get(item.client_request_id);
    const busy = old?.state === "sending" || old?.state === "deleting";
    const earlier = old ? [] : (await stores.objectStore("items").getAll()).filter((other) => other.subject === item.subject);
    const made = old?.made ?? Math.max(item.made, ...earlier.map((other) => other.made + 1));
    const before = firstTry(old ?? (await stores.objectStore("drafts").get(item.client_request_id)));
    const draft = item.draft ?? old?.draft;
    const now = busy ? old : { ...item, ...(draft ? { draft } : {}), attempted: false, ...before, made };
    if (!busy) await stores.objectStore("items").put(now);
    await stores.objectStore("drafts").delete(item.client_request_id);
    return now;
  });
}

/** Writes what `mend` makes of the item; nothing where it returns null. Answers with what was written. */
export function changeItem(id: string, mend: (item: Item) => Item | null): Promise<Item | null> {
  return change(["items"], async (stores) => {
    const item = await stores.objectStore("items").get(id);
    const changed = item ? mend(item) : null;
    if (changed) await stores.objectStore("items").put(changed);
    return changed;
  });
}

/** The same for many (null: for all of them); `mend` returns null for those that stay as they are. Answers with how many were written. */
export function changeItems(ids: readonly string[] | null, mend: (item: Item) => Item | null): Promise<number> {
  return change(["items"], async (stores) => {
    const items = stores.objectStore("items");
    const found = ids ? await Promise.all(ids.map((id) => items.get(id))) : await items.getAll();
    const changed = found.flatMap((item) => (item && mend(item)) ?? []);
    await Promise.all(changed.map((item) => items.put(item)));
    return changed.length;
  });
}

/**
 * Takes an item out with its photos, and leaves a receipt where there is one: together, or not at all. With the receipt
 * the draft goes that the item stood in for. `may` looks at the row on disk and may refuse. Answers with whether it was taken out.
 */
export function takeOut(id: string, receipt: Receipt | null, may: (item: Item) => boolean = () => true): Promise<boolean> {
  return change(["items", "drafts", "photos", "thumbs", "receipts"], async (stores) => {
    const item = await stores.objectStore("items").get(id);
    if (!item || !may(item)) return false;
    if (receipt) await stores.objectStore("receipts").put(receipt);
    await dropPhotosOf(stores, id);
    await stores.objectStore("items").delete(id);
    if (receipt && !receipt.tooLate && item.draft) await dropDraft(stores, item.draft);
    return true;
  });
}

/** Deletes the photos of an item, which stays, and their small pictures. */
export function dropPhotos(id: string): Promise<void> {
  return change(["photos", "thumbs"], (stores) => dropPhotosOf(stores, id));
}

/**
 * Makes a draft of an item again; its photos stay. What stood in for a draft goes, and that is the draft.
 * Answers with the draft, or null where there is none or `make` refuses.
 */
export function backToDraft(id: string, make: (item: Item) => Draft | null): Promise<Draft | null> {
  return change(["items", "drafts"], async (stores) => {
    const item = await stores.objectStore("items").get(id);
    const draft = item ? make(item) : null;
    if (!item) return (await stores.objectStore("drafts").get(id)) ?? null;
    if (!draft) return null;
    if (item.kind === "report") await stores.objectStore("drafts").put(draft);
    await stores.objectStore("items").delete(id);
    return (item.draft && (await stores.objectStore("drafts").get(item.draft))) || draft;
  });
}
