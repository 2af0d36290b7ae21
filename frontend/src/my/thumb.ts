import { findPhoto } from "../store/items.ts";

/** The small picture of a photo, or the photo itself where there is none; undefined when it is gone. */
export async function findThumb(id: string): Promise<Blob | undefined> {
  const photo = await findPhoto(id);
  if (!photo) return undefined;
  return photo.thumb ? new Blob([photo.thumb], { type: "image/jpeg" }) : new Blob([photo.bytes], { type: photo.type });
}
