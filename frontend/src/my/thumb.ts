import { findPhoto, findThumb } from "../store/items.ts";

/** The small picture of a photo, or the photo itself where there is none; undefined when it is gone. */
export async function pictureOf(id: string): Promise<Blob | undefined> {
  const thumb = await findThumb(id);
  if (thumb) return new Blob([thumb.bytes], { type: "image/jpeg" });
  const photo = await findPhoto(id);
  return photo && new Blob([photo.thumb ?? photo.bytes], { type: photo.thumb ? "image/jpeg" : photo.type });
}
