import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDB } from "idb";
import { items, queueDraft, settled } from "../../frontend/src/outbox.ts";
import { change, forget, withDatabase } from "../../frontend/src/store/database.ts";
import { allDrafts, photosOf, saveDraft } from "../../frontend/src/store/drafts.ts";
import { addItem, allItems } from "../../frontend/src/store/items.ts";
import { NotKept } from "../../frontend/src/store/not-kept.ts";
import type { Item } from "../../frontend/src/store/types.ts";
import { City, QuietChannel, REPORT } from "./city.ts";

globalThis.BroadcastChannel = QuietChannel;

const OLD = "019a0000-0000-7000-8000-0000000000aa";

/** The phone as version 1 of the app left it: a draft with five photos, all of which the camera called image.jpg. */
async function versionOne(): Promise<void> {
  const database = await openDB("blockwise", 1, {
    upgrade(made) {
      made.createObjectStore("drafts", { keyPath: "client_request_id" }).createIndex("saved", "saved");
      made.createObjectStore("photos", { keyPath: "id" }).createIndex("draft", "draft");
    },
  });
  const photos = ["a", "b", "c", "d", "e"];
  await database.put("drafts", { client_request_id: OLD, saved: 1, step: "words", fields: [["description", "old"]], photos, addressTyped: false, title: "Old" });
  for (const id of photos) await database.put("photos", { id, draft: OLD, type: "image/jpeg", bytes: new TextEncoder().encode(`picture ${id}`).buffer });
  database.close();
}

test("a draft of version 1 with its photos outlives the update, and is sent with exactly its photos", async () => {
  await versionOne();
  const city = new City();
  city.install();
  const [draft] = await allDrafts();
  assert.equal((await photosOf(draft!)).length, 5);
  await queueDraft(draft!, REPORT);
  assert.equal((await settled(OLD, 5000)).kind, "sent");
  assert.deepEqual([...city.staged.get(OLD)!.values()].map(String).sort(), ["a", "b", "c", "d", "e"].map((id) => `picture ${id}`));
  assert.equal(city.received.get(OLD)!.photos.length, 5);
});

const ITEM: Item = { client_request_id: OLD, kind: "comment", subject: "R-1", title: "", made: 1, language: "en", fields: [], photos: [], seen: [], state: "waiting", attempted: false, tries: 0, next: 0, trouble: null };

test("a connection that dies in the middle of a change is opened again, and the change is made once more", async () => {
  let tries = 0;
  await change(["items"], async (stores) => {
    await stores.objectStore("items").put(ITEM);
    if (tries++ === 0) throw new DOMException("Connection to Indexed Database server lost", "UnknownError");
  });
  assert.equal(tries, 2);
  assert.equal((await allItems()).length, 1);
});

test("a change that fails half-way leaves nothing", async () => {
  await withDatabase((database) => database.clear("items"));
  const work = change(["items"], async (stores) => {
    await stores.objectStore("items").put(ITEM);
    throw new RangeError("half-way");
  });
  await assert.rejects(work, RangeError);
  assert.equal((await allItems()).length, 0);
});

test("a full phone is told as such, and what was there stays", async () => {
  await saveDraft({ client_request_id: OLD, saved: 1, step: "words", fields: [], photos: [], addressTyped: false, title: "" });
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("", "QuotaExceededError");
  };
  try {
    await assert.rejects(addItem(ITEM), (error) => error instanceof NotKept && error.reason === "full");
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  assert.equal((await allItems()).length, 0);
});

test("items of one subject keep the order in which they came, even when the clock goes back", async () => {
  await withDatabase((database) => database.clear("items"));
  await addItem({ ...ITEM, client_request_id: "b", made: 5000 });
  await addItem({ ...ITEM, client_request_id: "a", made: 1000 });
  assert.deepEqual((await allItems()).map((item) => item.client_request_id), ["b", "a"]);
});

test("a store that a newer app has changed is left alone: the page is to be loaded again", async () => {
  const newer = await openDB("blockwise", 9);
  await assert.rejects(items(), (error) => error instanceof NotKept && error.reason === "reload");
  assert.equal(await newer.count("items"), 2, "nothing is lost");
  newer.close();
  forget();
});
