/** Photos that another app shared lie on the phone as they came: read for their place and time, and made small, here. */
import { savePhoto } from "../store/drafts.ts";
import type { Photo } from "../store/types.ts";
import { type PhotoFacts, readPhotoFacts } from "./exif.ts";
import { shrink } from "./shrink.ts";

export interface Ready {
  photos: Photo[];
  /** What the raw photos told of themselves. */
  facts: PhotoFacts[];
}

/** The draft's photos with no raw one among them; one that is no picture is left out. Each takes the place of the raw one. */
export async function readied(photos: readonly Photo[]): Promise<Ready> {
  const ready: Ready = { photos: [], facts: [] };
  for (const photo of photos) {
    if (!photo.raw) {
      ready.photos.push(photo);
      continue;
    }
    try {
      const { raw: _raw, ...rest } = photo;
      const file = new File([photo.bytes], "", { type: photo.type });
      const small: Photo = { ...rest, ...(await shrink(file, photo.bytes)) };
      await savePhoto(small);
      ready.photos.push(small);
      ready.facts.push(readPhotoFacts(new Uint8Array(photo.bytes)));
    } catch {
      // No picture: the report goes on without it, as when it is chosen by hand.
    }
  }
  return ready;
}
