/** Drafts and their photos: put, found, deleted. Nothing here expires by itself. */
import { type Change, change, withDatabase } from "./database.ts";
import type { Draft, Item, Photo } from "./types.ts";

/**
 * Resolves when the draft is on disk. A report that waits in the outbox, or that the city has, is no draft any more:
 * what an old tab still saves of it is left alone.
 */
export function saveDraft(draft: Draft): Promise<void> {
  return change(["drafts", "items", "receipts"], async (stores) => {
    const id = draft.client_request_id;
    const sent = (await stores.objectStore("items").getKey(id)) ?? (await stores.objectStore("receipts").getKey(id));
    if (sent !== undefined) return;
    await stores.objectStore("drafts").put({ ...draft, ...firstTry(await stores.objectStore("drafts").get(id)) });
  });
}

/** Bytes that a photo leaves free: the words of its report must fit beside it. */
const ROOM_FOR_WORDS = 64_000;

/**
 * Resolves when the photo is on disk. Rejects with `NotKept` when it does not fit, or nothing would fit beside it. What
 * is still saved for a report that the city has belongs to nothing any more, and is left alone.
 */
export function savePhoto(photo: Photo): Promise<void> {
  const room: Photo = { id: "room", draft: "", type: "", bytes: new ArrayBuffer(ROOM_FOR_WORDS) };
  const { id, draft, thumb } = photo;
  return change(["photos", "thumbs", "receipts"], async (stores) => {
    if ((await stores.objectStore("receipts").getKey(draft)) !== undefined) return;
    const photos = stores.objectStore("photos");
    await Promise.all([photos.put(photo), photos.put(room), photos.delete(room.id), thumb && stores.objectStore("thumbs").put({ id, draft, bytes: thumb })]);
  });
}

/** Deletes a draft's photo; one that waits in the outbox stays. */
export function deletePhoto(id: string): Promise<void> {
  return change(["photos", "thumbs", "items"], async (stores) => {
    const photo = await stores.objectStore("photos").get(id);
    const item = photo && (await stores.objectStore("items").get(photo.draft));
    if (item?.photos.some((one) => one.id === id)) return;
    await Promise.all([stores.objectStore("photos").delete(id), stores.objectStore("thumbs").delete(id)]);
  });
}

export function findDraft(id: string): Promise<Draft | undefined> {
  return withDatabase((database) => database.get("drafts", id));
}

/** All drafts, the newest first; without those that something in the outbox stands in for. */
export function allDrafts(): Promise<Draft[]> {
  return withDatabase(async (database) => {
    const [drafts, items] = await Promise.all([database.getAllFromIndex("drafts", "saved"), database.getAll("items")]);
    const replaced = new Set(items.map((item) => item.draft));
    return drafts.filter((draft) => !replaced.has(draft.client_request_id)).reverse();
  });
}

/** The photos of a draft in its order; those that are gone are left out. */
export async function photosOf(draft: Pick<Draft, "client_request_id" | "photos">): Promise<Photo[]> {
  const rows = await withDatabase((database) => database.getAllFromIndex("photos", "draft", draft.client_request_id));
  const known = new Map(rows.map((photo) => [photo.id, photo]));
  return draft.photos.flatMap((id) => known.get(id) ?? []);
}

/**
 * Deletes a draft and its photos together, or neither; the photos stay where the report waits in the outbox. One whose
 * sending was begun before it was mended goes to the outbox, for the city to be told.
 */
export function deleteDraft(id: string): Promise<void> {
  return change(["drafts", "photos", "thumbs", "items"], (stores) => dropDraft(stores, id));
}

/** The same within a transaction. */
export async function dropDraft(stores: Pick<Change<"drafts" | "photos" | "thumbs" | "items">, "objectStore">, id: string): Promise<void> {
  const draft = await stores.objectStore("drafts").get(id);
  if ((await stores.objectStore("items").getKey(id)) === undefined) {
    await dropPhotosOf(stores, id);
    if (draft?.attempted) await stores.objectStore("items").put(toBeDeleted(draft));
  }
  await stores.objectStore("drafts").delete(id);
}

/** Deletes all photos of a draft or an item, and their small pictures. */
export async function dropPhotosOf(stores: Pick<Change<"photos" | "thumbs">, "objectStore">, id: string): Promise<void> {
  const photos = await stores.objectStore("photos").index("draft").getAllKeys(id);
  await Promise.all(photos.flatMap((photo) => [stores.objectStore("photos").delete(photo), stores.objectStore("thumbs").delete(photo)]));
}

/** What is known of the try that a draft or an item was sent with before: nothing of one that never was. */
export function firstTry(before: Pick<Draft | Item, "attempted" | "stamp"> | undefined): { attempted?: true; stamp?: string } {
  return before?.attempted ? { attempted: true, ...(before.stamp ? { stamp: before.stamp } : {}) } : {};
}

function toBeDeleted(draft: Draft): Item {
  const { client_request_id, title, saved } = draft;
  const empty = { language: "", fields: [], photos: [], seen: [], tries: 0, next: 0, trouble: null };
  return { ...empty, client_request_id, kind: "report", subject: client_request_id, title, made: saved, state: "deleting", attempted: true, ...firstTry(draft) };
}
