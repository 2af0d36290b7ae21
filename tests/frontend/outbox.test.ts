import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { drain, items, queue, queueDraft, receipts, remove, sendNow, settled, waiting } from "../../frontend/src/outbox.ts";
import { changeItem, findItem } from "../../frontend/src/store/items.ts";
import { allDrafts, saveDraft, savePhoto } from "../../frontend/src/store/drafts.ts";
import { withDatabase } from "../../frontend/src/store/database.ts";
import type { Draft, Item } from "../../frontend/src/store/types.ts";
import { City, draftWith, freshCity, json, problem, QuietChannel, REPORT } from "./city.ts";

globalThis.BroadcastChannel = QuietChannel;
let city: City;

beforeEach(async () => {
  city = await freshCity();
});

const PAGE = new Response("<h1>Wi-Fi of the hotel</h1>", { status: 200, headers: { "Content-Type": "text/html" } });
const photosLeft = (): Promise<number> => withDatabase((database) => database.count("photos"));

/** Puts a report in the outbox while the network is down, so that nothing of it is sent yet. */
async function waitingReport(photos = 0, description = "a hole"): Promise<Draft> {
  const draft = await draftWith(photos, description);
  const { fault } = city;
  city.fault = () => "cut";
  await queueDraft(draft, REPORT);
  await drain();
  city.fault = fault;
  return draft;
}

async function found(id: string): Promise<Item> {
  const item = await findItem(id);
  assert.ok(item, "the item is still in the outbox");
  return item;
}

test("a queued report is on disk with its photos, and no draft any more", async () => {
  const draft = await draftWith(2);
  await saveDraft(draft);
  city.fault = () => "cut";
  const item = await queueDraft(draft, REPORT);
  assert.deepEqual((await items()).map((one) => one.client_request_id), [draft.client_request_id]);
  assert.deepEqual(await allDrafts(), []);
  assert.equal(await photosLeft(), 2);
  assert.match(item.photos[0]!.hash, /^[0-9a-f]{64}$/);
  await saveDraft(draft);
  assert.deepEqual(await allDrafts(), [], "an old tab does not bring it back");
});

test("a report arrives once with exactly its photos, and leaves a receipt and nothing else", async () => {
  const draft = await draftWith(3);
  const item = await queueDraft(draft, REPORT);
  const end = await settled(draft.client_request_id, 5000);
  assert.equal(end.kind, "sent");
  const arrived = city.received.get(draft.client_request_id)!;
  assert.deepEqual(arrived.photos, item.photos.map((photo) => photo.hash));
  assert.deepEqual([...city.staged.get(draft.client_request_id)!.values()].map(String).sort(), ["0", "1", "2"].map((n) => `photo ${draft.saved} ${n}`));
  assert.equal((await receipts())[0]!.url, `/requests/${arrived.number}?sent=1`);
  assert.equal((await items()).length, 0);
  assert.equal(await photosLeft(), 0);
});

test("photos of the same name and even of the same bytes are told apart by their own number", async () => {
  const draft = await draftWith(2);
  await withDatabase(async (database) => {
    const [first, second] = await database.getAll("photos");
    await database.put("photos", { ...second!, bytes: first!.bytes });
  });
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "sent");
  assert.equal(city.received.get(draft.client_request_id)!.photos.length, 1, "one picture is sent once");
  assert.equal(await photosLeft(), 0);
});

test("an answer that is lost after the city has it is found by asking, and nothing is sent twice", async () => {
  const draft = await draftWith(1);
  city.fault = (method, path) => (method === "PUT" && !path.includes("photos") ? "lost" : null);
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "waiting");
  assert.equal((await found(draft.client_request_id)).attempted, true);
  await sendNow();
  assert.equal((await receipts()).length, 1);
  assert.equal(city.times(`PUT /outbox/${draft.client_request_id}`), 2, "one photo, one report");
});

test("a photo that is refused does not undo that an earlier try may still be on its way", async () => {
  const draft = await draftWith(1);
  city.fault = (method, path) => (method === "PUT" && !path.includes("photos") ? "cut" : null);
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "waiting");
  city.staged.clear();
  city.fault = (_, path) => (path.includes("photos") ? problem(415, {}) : null);
  await sendNow();
  const item = await found(draft.client_request_id);
  assert.deepEqual([item.state, item.attempted], ["needs-you", true]);
});

test("a refusal that names nothing may come from a gate before the city, which has it from the same try", async () => {
  const draft = await draftWith();
  city.fault = (method) => (method === "PUT" ? problem(413, { problems: [] }) : null);
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "needs-you");
  assert.equal((await found(draft.client_request_id)).attempted, true);
  city.fault = () => null;
  assert.equal(await remove(draft.client_request_id), "deleting");
  await drain();
  assert.ok(city.deleted.has(draft.client_request_id));
});

test("a photo that is refused without a word is no try of the report", async () => {
  const draft = await draftWith(1);
  city.fault = (_, path) => (path.includes("photos") ? problem(413, { problems: [] }) : null);
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "needs-you");
  assert.equal((await found(draft.client_request_id)).attempted, false);
});

test("a deletion shows the stamp of the first try, whatever cookie the phone has by then", async () => {
  const draft = await draftWith();
  city.fault = (method) => (method === "PUT" ? "lost" : null);
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "waiting");
  const first = city.stamp;
  city.stamp = "newer";
  await remove(draft.client_request_id);
  await sendNow();
  assert.deepEqual([...new Set(city.stamps)], [first]);
  assert.equal(city.received.size, 0);
});

test("that the sending was begun is on disk before it is", async () => {
  const draft = await waitingReport();
  let attempted: boolean | undefined;
  city.before = async (method) => {
    if (method === "PUT") attempted = (await findItem(draft.client_request_id))?.attempted;
  };
  assert.equal((await found(draft.client_request_id)).attempted, false);
  await sendNow();
  assert.equal(attempted, true);
});

for (const [what, answer] of Object.entries({
  "a broken server": () => json(500, {}),
  "a proxy's page": () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
  "a hotel's page": () => PAGE.clone(),
  "a redirect to a sign-in page": () => new Response(null, { status: 303, headers: { Location: "/sign-in" } }),
  "a 201 for somebody else": () => json(201, { client_request_id: "019a0000-0000-7000-8000-00000000ffff", url: "/requests/X" }),
  "a firewall's 403": () => new Response("no", { status: 403 }),
  "a firewall's 413": () => new Response("<html>", { status: 413 }),
})) {
  test(`${what} is no receipt: the report stays, and arrives afterwards`, async () => {
    const draft = await draftWith(1);
    city.fault = (method) => (method === "PUT" ? answer() : null);
    await queueDraft(draft, REPORT);
    await drain();
    const item = await found(draft.client_request_id);
    assert.equal(item.state, "waiting");
    assert.ok(item.next > Date.now(), "it waits a while");
    assert.equal(await photosLeft(), 1);
    city.fault = () => null;
    await sendNow();
    assert.equal(city.received.size, 1);
    assert.equal((await items()).length, 0);
  });
}

test("a report that breaks the server for ever does not hold up the others", async () => {
  const bad = await waitingReport();
  const good = await waitingReport();
  city.fault = (_, path) => (path.includes(bad.client_request_id) ? json(500, {}) : null);
  await sendNow();
  assert.deepEqual([...city.received.keys()], [good.client_request_id]);
  assert.equal((await found(bad.client_request_id)).trouble?.reason, "server");
});

test("what the city refuses waits for the person with the city's words", async () => {
  const draft = await draftWith(0, "wrong");
  await queueDraft(draft, REPORT);
  const end = await settled(draft.client_request_id, 5000);
  assert.ok(end.kind === "needs-you");
  assert.deepEqual(end.item.trouble?.problems, [{ field: "description", message: "Not so." }]);
  await sendNow();
  assert.equal(city.times("PUT"), 1, "it is not sent again by itself");
});

test("photos that the city has lost are sent again without a person", async () => {
  const draft = await waitingReport(2);
  let lost = false;
  city.before = (method, path) => {
    if (method !== "PUT" || path.includes("photos") || lost) return;
    lost = true;
    city.staged.clear();
  };
  await sendNow();
  assert.equal(city.received.get(draft.client_request_id)?.photos.length, 2);
});

test("an old stamp is replaced without a person", async () => {
  const draft = await waitingReport();
  city.before = (method) => {
    if (method === "PUT") city.stamp = "newer";
  };
  await sendNow();
  assert.ok(city.received.has(draft.client_request_id));
});

test("a photo that was confirmed is not sent again after a cut", async () => {
  const draft = await draftWith(2);
  let photos = 0;
  city.fault = (_, path) => (path.includes("photos") && ++photos > 1 ? "cut" : null);
  await queueDraft(draft, REPORT);
  await drain();
  assert.deepEqual((await found(draft.client_request_id)).photos.map((photo) => photo.uploaded), [true, false]);
  city.fault = () => null;
  await sendNow();
  assert.equal(city.times(`PUT /outbox/${draft.client_request_id}/photos`), 3);
  assert.ok(city.received.has(draft.client_request_id));
});

test("what was never begun is gone at once when it is deleted", async () => {
  const draft = await waitingReport(1);
  assert.equal(await remove(draft.client_request_id), "deleted");
  assert.equal(await photosLeft(), 0);
  await sendNow();
  assert.equal(city.received.size, 0);
});

test("a report that has arrived before it is deleted is not said to be deleted", async () => {
  const draft = await draftWith(0);
  await queueDraft(draft, REPORT);
  await settled(draft.client_request_id, 5000);
  assert.equal(await remove(draft.client_request_id), "sent");
  assert.equal((await receipts()).length, 1);
  assert.ok(!city.deleted.has(draft.client_request_id));
});

test("a report that is deleted in the middle of its sending does not arrive", async () => {
  const draft = await waitingReport();
  let deleted: Promise<string> | undefined;
  city.before = (method) => {
    if (method !== "PUT") return;
    deleted = remove(draft.client_request_id);
    return new Promise((resolve) => setTimeout(resolve, 50));
  };
  await sendNow();
  assert.equal(await deleted, "deleting");
  await drain();
  assert.equal(city.received.size, 0);
  assert.ok(city.deleted.has(draft.client_request_id));
  assert.equal((await items()).length, 0);
  assert.equal((await receipts()).length, 0);
});

test("a report that is deleted while its photos are sent is never sent", async () => {
  const draft = await waitingReport(2);
  let deleted: Promise<string> | undefined;
  city.before = (_, path) => {
    if (!path.includes("photos")) return;
    deleted ??= remove(draft.client_request_id);
    return new Promise((resolve) => setTimeout(resolve, 30));
  };
  await sendNow();
  assert.equal(await deleted, "deleted");
  assert.equal(city.times(`PUT /outbox/${draft.client_request_id}/photos`), 2);
  assert.equal(city.received.size, 0);
  assert.equal((await items()).length, 0);
});

test("a report that another tab deletes is not sent on, though the news of it never came", async () => {
  const draft = await waitingReport(8);
  city.before = async (_, path) => {
    if (path.includes("photos")) await changeItem(draft.client_request_id, (item) => ({ ...item, state: "deleting", attempted: true }));
  };
  await sendNow();
  assert.ok(city.times(`PUT /outbox/${draft.client_request_id}/photos`) <= 5, "only those in flight");
  assert.equal(city.times(`PUT /outbox/${draft.client_request_id}`), city.times(`PUT /outbox/${draft.client_request_id}/photos`), "and not the report");
  await sendNow();
  assert.ok(city.deleted.has(draft.client_request_id));
  assert.equal((await items()).length, 0);
});

test("a report that another tab deletes while its answer comes is deleted at the city too", async () => {
  const draft = await waitingReport();
  city.before = async (method) => {
    if (method === "PUT") await changeItem(draft.client_request_id, (item) => ({ ...item, state: "deleting" }));
  };
  await sendNow();
  await sendNow();
  assert.equal(city.received.size, 0);
  assert.equal((await receipts()).length + (await items()).length, 0);
});

test("a report whose answer was lost is withdrawn when it is deleted, once the city can be told", async () => {
  const draft = await draftWith();
  city.fault = (method) => (method === "PUT" ? "lost" : null);
  await queueDraft(draft, REPORT);
  await drain();
  city.fault = () => "cut";
  assert.equal(await remove(draft.client_request_id), "deleting");
  await drain();
  assert.equal((await found(draft.client_request_id)).state, "deleting", "the phone does not say that it is gone");
  city.fault = () => null;
  await sendNow();
  assert.equal(city.received.size, 0);
  assert.equal((await items()).length + (await receipts()).length, 0);
});

test("a comment that had arrived before it was deleted is told so", async () => {
  city.withdraws = false;
  city.fault = (method) => (method === "POST" ? "lost" : null);
  const { client_request_id: id } = await queue({ kind: "comment", subject: "R-9", title: "Comment", language: "es", fields: [["text", "still there"]] });
  await drain();
  await remove(id);
  await drain();
  const [receipt] = await receipts();
  assert.equal(receipt?.tooLate, true);
  assert.equal(receipt.url, "/requests/R-9");
});

test("what was deleted at the city is not called sent, though it had arrived", async () => {
  const draft = await waitingReport();
  city.withdraws = false;
  city.received.set(draft.client_request_id, { kind: "report", fields: [], photos: [], number: "R-1" });
  await fetch(`/outbox/${draft.client_request_id}`, { method: "DELETE" });
  await sendNow();
  assert.equal((await receipts()).length, 0);
  assert.equal((await found(draft.client_request_id)).state, "needs-you");
});

/** Runs `work` on a phone on which nothing more can be written, though things can be deleted. */
async function withFullDisk(work: () => Promise<void>): Promise<void> {
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("", "QuotaExceededError");
  };
  try {
    await work();
  } finally {
    IDBObjectStore.prototype.put = put;
  }
}

test("on a full phone what waits is sent all the same, which makes room, and its receipt follows", async () => {
  const draft = await waitingReport(2);
  await withFullDisk(() => sendNow(draft.client_request_id));
  assert.equal(city.received.get(draft.client_request_id)?.photos.length, 2);
  assert.equal(await photosLeft(), 0);
  assert.equal((await items()).length, 1, "until the receipt can be written, the item stays in sight");
  await sendNow();
  assert.equal((await items()).length, 0);
  assert.equal((await receipts())[0]?.service_request_id, "R-1");
  assert.equal(city.times("PUT"), 3);
});

test("of a report that is sent no picture stays: none that room was made of, and none that an old tab saves later", async () => {
  const id = (await waitingReport()).client_request_id;
  const late = { id: "late", draft: id, type: "image/jpeg", bytes: new ArrayBuffer(3), thumb: new ArrayBuffer(1) };
  const left = (): Promise<number[]> => withDatabase((database) => Promise.all([database.count("photos"), database.count("thumbs")]));
  await savePhoto(late);
  assert.deepEqual(await left(), [1, 1]);
  await withFullDisk(() => sendNow(id));
  assert.equal((await items()).length, 1);
  await sendNow();
  assert.equal((await receipts())[0]?.client_request_id, id);
  await savePhoto(late);
  assert.deepEqual(await left(), [0, 0]);
});

test("on a full phone a report that may have arrived is not called deleted", async () => {
  const draft = await waitingReport();
  city.fault = (method) => (method === "PUT" ? "lost" : null);
  await withFullDisk(async () => {
    await sendNow();
    await assert.rejects(remove(draft.client_request_id), { reason: "full" });
  });
  assert.equal(await remove(draft.client_request_id), "deleting");
  city.fault = () => null;
  await sendNow();
  assert.equal(city.received.size, 0);
});

test("two drains at once send once", async () => {
  await waitingReport(1);
  await waitingReport(1);
  await Promise.all([sendNow(), drain(), drain(), sendNow()]);
  assert.equal(city.times("PUT"), 4);
  assert.equal(city.received.size, 2);
});

test("what is queued while another is being sent goes out without another wake", async () => {
  const first = await draftWith();
  const second = await draftWith();
  let queued: Promise<Item> | undefined;
  city.before = async (method) => {
    if (method === "PUT") await (queued ??= queueDraft(second, REPORT));
  };
  await queueDraft(first, REPORT);
  assert.equal((await settled(first.client_request_id, 5000)).kind, "sent");
  assert.equal((await settled(second.client_request_id, 5000)).kind, "sent");
});

/** Holds back the answer to the first request that `which` names, until `end` is called. */
function hanging(which: (method: string, path: string) => boolean): { end: () => void; hangs: Promise<void> } {
  let [end, begun, seen] = [(): void => undefined, (): void => undefined, false];
  const over = new Promise<void>((resolve) => (end = resolve));
  const hangs = new Promise<void>((resolve) => (begun = resolve));
  city.before = (method, path) => {
    if (seen || !which(method, path)) return;
    seen = true;
    begun();
    return over;
  };
  return { end, hangs };
}

test("a request that hangs does not hold up what is queued meanwhile", async () => {
  const { end, hangs } = hanging((method) => method === "PUT");
  const first = await draftWith(1);
  await queueDraft(first, REPORT);
  await hangs;
  const second = await draftWith(1);
  await queueDraft(second, REPORT);
  assert.equal((await settled(second.client_request_id, 3000)).kind, "sent");
  assert.equal((await found(first.client_request_id)).state, "sending");
  end();
  assert.equal((await settled(first.client_request_id, 3000)).kind, "sent");
  assert.equal(city.times("PUT"), 4);
});

test("a comment that is queued while one on the same request hangs waits for it", async () => {
  const { end, hangs } = hanging((method) => method === "POST");
  const comment = (text: string): Promise<Item> => queue({ kind: "comment", subject: "R-1", title: "", language: "en", fields: [["text", text]] });
  await comment("one");
  await hangs;
  const { client_request_id: second } = await comment("two");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(city.times("POST"), 1);
  end();
  assert.equal((await settled(second, 3000)).kind, "sent");
  assert.deepEqual([...city.received.values()].map(({ fields }) => fields[0]![1]), ["one", "two"]);
});

test("an item that a killed tab was sending is taken over, and may have arrived", async () => {
  const draft = await waitingReport();
  await changeItem(draft.client_request_id, (item) => ({ ...item, state: "sending" }));
  let attempted: boolean | undefined;
  city.before = async (method) => {
    if (method === "GET") attempted = (await findItem(draft.client_request_id))?.attempted;
  };
  await drain();
  await sendNow();
  assert.equal(attempted, true);
  assert.ok(city.received.has(draft.client_request_id));
});

test("comments on one request go one after the other, the oldest first", async () => {
  city.fault = () => "cut";
  const comment = (text: string): Promise<Item> => queue({ kind: "comment", subject: "R-1", title: "", language: "en", fields: [["text", text]] });
  for (const text of ["one", "two", "three"]) await comment(text);
  await drain();
  let failed = 0;
  city.fault = (method) => (method === "POST" && failed++ === 0 ? json(503, {}) : null);
  await sendNow();
  assert.equal(city.received.size, 0, "the second waits for the first");
  city.fault = () => null;
  await sendNow();
  assert.deepEqual([...city.received.values()].map(({ fields }) => fields[0]![1]), ["one", "two", "three"]);
});

test("a comment that the city refuses lets the next one pass", async () => {
  city.fault = () => "cut";
  const one = await queue({ kind: "comment", subject: "R-1", title: "", language: "en", fields: [["text", "bad"]] });
  await queue({ kind: "comment", subject: "R-1", title: "", language: "en", fields: [["text", "good"]] });
  await drain();
  let posts = 0;
  city.fault = (method) => (method === "POST" && posts++ === 0 ? problem(422, { detail: "Too long.", problems: [] }) : null);
  await sendNow();
  assert.equal(city.received.size, 1);
  assert.equal((await found(one.client_request_id)).state, "needs-you");
});

test("a dead network ends the pass instead of being asked for every item", async () => {
  for (let number = 0; number < 4; number++) await waitingReport();
  city.asked.length = 0;
  city.fault = () => "cut";
  await sendNow();
  assert.deepEqual(city.asked, ["GET /outbox"]);
  assert.equal(await waiting(), 4);
});

test("after the clock has jumped back by an hour everything is due, and not in an hour", async () => {
  const draft = await waitingReport();
  await changeItem(draft.client_request_id, (item) => ({ ...item, next: Date.now() + 3_600_000 }));
  const now = Date.now;
  Date.now = () => now() + 10_000;
  try {
    await drain();
  } finally {
    Date.now = now;
  }
  assert.ok(city.received.has(draft.client_request_id));
});

test("a kind that only a newer version knows is kept and left alone", async () => {
  const { client_request_id: id } = await queue({ kind: "inspection", subject: "R-1", title: "", language: "en", fields: [] });
  await sendNow();
  assert.equal((await found(id)).state, "waiting");
  assert.equal(await waiting(), 0);
});
