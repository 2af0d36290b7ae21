/** An item as a file of its own, for the person who wants to send it in another way. */
import { downloadZip } from "client-zip";
import { findItem, findPhoto } from "../store/items.ts";
import type { Item } from "../store/types.ts";
import { Unmendable } from "./unmendable.ts";

const ENDINGS: Record<string, string> = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic", "image/heif": "heif", "image/avif": "avif", "image/gif": "gif" };

interface File {
  name: string;
  lastModified: Date;
  input: ArrayBuffer | string;
}

export async function exportItem(id: string): Promise<Blob> {
  const item = await findItem(id);
  if (!item) throw new Unmendable("gone");
  const lastModified = new Date(item.made);
  const photos: File[] = [];
  for (const [place, { id: photo }] of item.photos.entries()) {
    const kept = await findPhoto(photo);
    if (kept) photos.push({ name: `photo-${place + 1}.${ENDINGS[kept.type] ?? "bin"}`, lastModified, input: kept.bytes });
  }
  const report = { name: "report.json", lastModified, input: `${JSON.stringify(described(item, photos), null, 2)}\n` };
  return downloadZip([report, ...photos]).blob();
}

function described(item: Item, photos: readonly File[]): Record<string, unknown> {
  const { client_request_id, kind, subject, title, language, fields, seen, attempted, trouble } = item;
  return {
    client_request_id,
    kind,
    ...(kind === "report" ? {} : { service_request_id: subject }),
    title,
    language,
    made: new Date(item.made).toISOString(),
    fields: fields.map(([name, value]) => ({ name, value })),
    photos: photos.map(({ name }) => name),
    known_nearby: seen,
    may_have_arrived: attempted,
    ...(trouble ? { said: trouble.said, problems: trouble.problems } : {}),
  };
}
