/** Puts things into the outbox. */
import { uuid7 } from "../report/uuid7.ts";
import { photosOf } from "../store/drafts.ts";
import { addItem } from "../store/items.ts";
import { NotKept } from "../store/not-kept.ts";
import type { Draft, Field, Item, ItemPhoto } from "../store/types.ts";
import { changed } from "./changes.ts";
import { keepSafe } from "./safe.ts";
import { drain } from "./sender.ts";

export interface NewItem {
  client_request_id?: string;
  kind: string;
  subject: string;
  title: string;
  language: string;
  fields: Field[];
  /** Ids of photos that the store has under this item's number. */
  photos?: string[];
  /** The draft of a report that this stands in for: deleted when this is delivered, and not before. */
  draft?: string;
  seen?: string[];
}

/**
 * Puts an item into the outbox and wakes the sender. When it resolves, the item is on disk.
 * Rejects with `NotKept` where this phone cannot keep it: then the page sends by itself.
 */
export async function queue(wanted: NewItem): Promise<Item> {
  if (!globalThis.crypto?.subtle) throw new NotKept("no-crypto");
  const id = wanted.client_request_id ?? uuid7();
  const photos = await hashed(id, wanted.photos ?? []);
  const { kind, subject, title, language, fields, draft, seen = [] } = wanted;
  const fresh = { state: "waiting", attempted: false, tries: 0, next: 0, trouble: null } as const;
  const item = await addItem({ client_request_id: id, kind, subject, title, made: Date.now(), language, fields, photos, seen, ...(draft ? { draft } : {}), ...fresh });
  changed();
  keepSafe(true);
  drain().catch(() => undefined);
  return item;
}

/** The same for a report: its draft is gone in the same moment, its photos stay where they are. */
export function queueDraft(draft: Draft, more: { kind: "report"; title: string; language: string; seen: string[] }): Promise<Item> {
  const { client_request_id, photos } = draft;
  return queue({ ...more, client_request_id, subject: client_request_id, fields: observed(draft.fields), photos });
}

/** When it was seen: now, where the photos do not say it. It may be sent much later. */
function observed(fields: readonly Field[]): Field[] {
  if (fields.some(([name, value]) => name === "observed_datetime" && value)) return [...fields];
  return [...fields, ["observed_datetime", new Date().toISOString()]];
}

async function hashed(id: string, wanted: string[]): Promise<ItemPhoto[]> {
  if (!wanted.length) return [];
  const photos = await photosOf({ client_request_id: id, photos: wanted });
  if (photos.length < wanted.length) throw new NotKept("photos-gone");
  return Promise.all(
    photos.map(async (photo) => ({ id: photo.id, hash: photo.hash ?? (await sha256(photo.bytes)), size: photo.bytes.byteLength, uploaded: false })),
  );
}

/** SHA-256 in lower-case hex. */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
