import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { forget, withDatabase } from "../../frontend/src/store/database.ts";
import { allDrafts, deleteDraft, findDraft, photosOf, saveDraft, savePhoto } from "../../frontend/src/store/drafts.ts";
import type { Draft, Photo } from "../../frontend/src/store/types.ts";

function draft(id: string, saved: number, photos: string[] = []): Draft {
  return { client_request_id: id, saved, step: "place", fields: [["description", "a hole"]], photos, addressTyped: false, title: "" };
}

function photo(id: string, of: string): Photo {
  return { id, draft: of, type: "image/jpeg", bytes: new Uint8Array([1, 2, 3]).buffer };
}

beforeEach(async () => {
  for (const one of await allDrafts()) await deleteDraft(one.client_request_id);
});

test("a draft comes back as it was, its photos in their order and whole", async () => {
  await savePhoto(photo("b", "one"));
  await savePhoto(photo("a", "one"));
  await saveDraft(draft("one", 1, ["b", "a"]));
  const found = await findDraft("one");
  assert.deepEqual(found, draft("one", 1, ["b", "a"]));
  const photos = await photosOf(found!);
  assert.deepEqual(photos.map((one) => one.id), ["b", "a"]);
  assert.deepEqual([...new Uint8Array(photos[0]!.bytes)], [1, 2, 3]);
});

test("the newest draft is the first", async () => {
  await saveDraft(draft("old", 1));
  await saveDraft(draft("new", 2));
  assert.deepEqual((await allDrafts()).map((one) => one.client_request_id), ["new", "old"]);
});

test("a deleted draft takes its own photos with it and no others", async () => {
  await savePhoto(photo("mine", "one"));
  await savePhoto(photo("theirs", "two"));
  await saveDraft(draft("one", 1, ["mine"]));
  await saveDraft(draft("two", 2, ["theirs"]));
  await deleteDraft("one");
  assert.equal(await findDraft("one"), undefined);
  assert.equal((await photosOf(draft("one", 1, ["mine"]))).length, 0);
  assert.equal((await photosOf(draft("two", 2, ["theirs"]))).length, 1);
});

test("a connection that the system has cut is opened again", async () => {
  await saveDraft(draft("one", 1));
  await withDatabase((database) => Promise.resolve(database.close()));
  assert.ok(await findDraft("one"), "the closed connection was replaced");
  forget();
  assert.ok(await findDraft("one"));
});
