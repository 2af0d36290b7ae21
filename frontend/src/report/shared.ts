/** Photos that another app shared lie on the phone as they came: read for their place and time, and made small, here. */
import type { Photo } from "../store/types.ts";
import type { PhotoFacts } from "./exif.ts";
import { keepPhoto } from "./keeping.ts";
import { makeReadyAside } from "./shrinking.ts";

/**
 * The draft's photos with no raw one among them, and what the raw ones told of themselves. Each takes the place of
 * its raw one on the phone; one that is no picture is left out, as when it is chosen by hand. `worker`: see `warm`.
 */
export async function readied(photos: readonly Photo[], worker: string): Promise<{ photos: Photo[]; facts: PhotoFacts[] }> {
  const ready: Photo[] = [];
  const facts: PhotoFacts[] = [];
  for (const photo of photos) {
    if (!photo.raw) {
      ready.push(photo);
      continue;
    }
    const file = new Blob([photo.bytes], { type: photo.type });
    const kept = await keepPhoto({ id: photo.id, draft: photo.draft }, (rung) => makeReadyAside(worker, { file, rung })).catch(() => null);
    if (!kept) continue;
    ready.push(kept.photo);
    facts.push(kept.facts);
  }
  return { photos: ready, facts };
}
