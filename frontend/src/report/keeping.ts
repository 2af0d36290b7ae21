/** Puts a photo on this phone: smaller and smaller while it does not fit, and never dropped. */
import { savePhoto } from "../store/drafts.ts";
import { isFull } from "../store/not-kept.ts";
import { RUNGS, startingRung, type Rung } from "../store/space.ts";
import type { Photo } from "../store/types.ts";
import type { PhotoFacts } from "./exif.ts";
import type { Ready } from "./shrink.ts";

export interface Kept {
  photo: Photo;
  facts: PhotoFacts;
  /** disk: safe · full: only in this page's memory, nothing more fits · failed: only in memory, this phone keeps nothing */
  where: "disk" | "full" | "failed";
  /** Whether it was made smaller than usual for want of room. */
  smaller: boolean;
}

/** Resolves when the photo is on disk, or cannot be. Rejects for what is no picture, as `ready` does. */
export async function keepPhoto(ids: Pick<Photo, "id" | "draft">, ready: (rung: Rung) => Promise<Ready>): Promise<Kept> {
  const start = await startingRung();
  let first: Kept | undefined;
  for (const [step, rung] of [...RUNGS.entries()].slice(start)) {
    const { facts, ...made } = await ready(rung);
    const kept: Kept = { photo: { ...ids, ...made }, facts, where: "disk", smaller: step > 0 && !!made.thumb };
    const trouble = await saved(kept.photo);
    if (!trouble) return kept;
    first ??= { ...kept, where: trouble, smaller: false };
    // What only the server can read does not get smaller here.
    if (trouble === "failed" || !made.thumb) break;
  }
  if (!first) throw new Error("no rung");
  return first;
}

/** Undefined when it is on disk. */
export async function saved(photo: Photo): Promise<"full" | "failed" | undefined> {
  try {
    await savePhoto(photo);
    return undefined;
  } catch (error) {
    return isFull(error) ? "full" : "failed";
  }
}
