/** Drafts and their photos: put, found, deleted. Nothing here expires by itself. */
import { withDatabase } from "./database.ts";
import type { Draft, Photo } from "./types.ts";

/** Resolves when the draft is on disk. */
export function saveDraft(draft: Draft): Promise<void> {
  return withDatabase(async (database) => {
    await database.put("drafts", draft);
  });
}

export function savePhoto(photo: Photo): Promise<void> {
  return withDatabase(async (database) => {
    await database.put("photos", photo);
  });
}

export function deletePhoto(id: string): Promise<void> {
  return withDatabase((database) => database.delete("photos", id));
}

export function findDraft(id: string): Promise<Draft | undefined> {
  return withDatabase((database) => database.get("drafts", id));
}

/** All drafts, the newest first. */
export async function allDrafts(): Promise<Draft[]> {
  const drafts = await withDatabase((database) => database.getAllFromIndex("drafts", "saved"));
  return drafts.reverse();
}

/** The photos of a draft in its order; those that are gone are left out. */
export async function photosOf(draft: Draft): Promise<Photo[]> {
  const rows = await withDatabase((database) => database.getAllFromIndex("photos", "draft", draft.client_request_id));
  const known = new Map(rows.map((photo) => [photo.id, photo]));
  return draft.photos.flatMap((id) => known.get(id) ?? []);
}

/** Deletes a draft and its photos together, or neither. */
export function deleteDraft(id: string): Promise<void> {
  return withDatabase(async (database) => {
    const change = database.transaction(["drafts", "photos"], "readwrite");
    const photos = await change.objectStore("photos").index("draft").getAllKeys(id);
    await Promise.all(photos.map((photo) => change.objectStore("photos").delete(photo)));
    await change.objectStore("drafts").delete(id);
    await change.done;
  });
}
