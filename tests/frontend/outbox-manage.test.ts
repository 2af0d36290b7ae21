import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { dismiss, drain, exportItem, items, mend, queue, queueDraft, receipts, remove, sendNow, settled, Unmendable, watch } from "../../frontend/src/outbox.ts";
import { alone } from "../../frontend/src/outbox/lock.ts";
import { NAME } from "../../frontend/src/outbox/changes.ts";
import { withDatabase } from "../../frontend/src/store/database.ts";
import { allDrafts, deleteDraft, deletePhoto, findDraft, photosOf, saveDraft } from "../../frontend/src/store/drafts.ts";
import { changeItem, findItem } from "../../frontend/src/store/items.ts";
import { NotKept } from "../../frontend/src/store/not-kept.ts";
import type { Draft } from "../../frontend/src/store/types.ts";
import { countUnsent } from "../../frontend/src/pwa/forget.ts";
import { buttonsOf } from "../../frontend/src/my/unsent.ts";
import { City, draftWith, freshCity, json, problem, QuietChannel, REPORT } from "./city.ts";

globalThis.BroadcastChannel = QuietChannel;
let city: City;

beforeEach(async () => {
  city = await freshCity();
});

async function waitingReport(photos = 0, description = "a hole"): Promise<Draft> {
  const draft = await draftWith(photos, description);
  city.fault = () => "cut";
  await queueDraft(draft, REPORT);
  await drain();
  return draft;
}

/** A report that the city has, which the phone does not know yet. */
async function lostAnswer(photos = 0): Promise<Draft> {
  const draft = await draftWith(photos);
  city.fault = (method, path) => (method === "PUT" && !path.includes("photos") ? "lost" : null);
  await queueDraft(draft, REPORT);
  await drain();
  city.fault = () => "cut";
  return draft;
}

test("a refused report becomes a draft again with its photos and the city's words, and is sent once when mended", async () => {
  const draft = await draftWith(2, "wrong");
  await queueDraft(draft, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "needs-you");
  const mended = await mend(draft.client_request_id);
  assert.deepEqual(mended.problems, [{ field: "description", message: "Not so." }]);
  assert.equal((await items()).length, 0);
  assert.equal((await photosOf((await findDraft(draft.client_request_id))!)).length, 2);
  await queueDraft({ ...mended, fields: [["description", "right"]] }, REPORT);
  assert.equal((await settled(draft.client_request_id, 5000)).kind, "sent");
  assert.equal(city.received.get(draft.client_request_id)!.photos.length, 2);
});

test("a report that had arrived is not mended: it becomes a receipt, and that is said", async () => {
  const draft = await lostAnswer();
  city.fault = () => null;
  const error = await mend(draft.client_request_id).catch((error: unknown) => error);
  assert.ok(error instanceof Unmendable && error.reason === "sent" && error.receipt?.service_request_id === "R-1");
  assert.equal((await receipts()).length, 1);
  assert.equal((await items()).length, 0);
});

test("a draft that may have arrived before it was mended is deleted at the city too", async () => {
  const draft = await lostAnswer(1);
  const mended = await mend(draft.client_request_id);
  await saveDraft({ ...mended, attempted: undefined } as unknown as Draft);
  await deleteDraft(draft.client_request_id);
  assert.equal((await allDrafts()).length, 0);
  assert.equal(city.received.size, 1);
  city.fault = () => null;
  await sendNow();
  assert.equal(city.received.size, 0);
  assert.deepEqual([...new Set(city.stamps)], [city.stamp], "shown as the first try's own");
  assert.equal((await items()).length, 0);
});

test("a report that may have arrived is still so when it is mended and queued again", async () => {
  const draft = await lostAnswer();
  await queueDraft(await mend(draft.client_request_id), REPORT);
  assert.equal(await remove(draft.client_request_id), "deleting");
});

test("what is being sent, deleted or gone cannot be mended", async () => {
  const draft = await waitingReport();
  for (const [state, reason] of [["sending", "sending"], ["deleting", "sending"]] as const) {
    await changeItem(draft.client_request_id, (item) => ({ ...item, state }));
    await assert.rejects(mend(draft.client_request_id), { reason });
  }
  await assert.rejects(mend("019a0000-0000-7000-8000-0000000000ff"), { reason: "gone" });
});

test("a comment that is mended gives its fields back and leaves nothing", async () => {
  city.fault = () => "cut";
  const { client_request_id: id } = await queue({ kind: "comment", subject: "R-1", title: "", language: "en", fields: [["text", "still there"]] });
  await drain();
  assert.deepEqual((await mend(id)).fields, [["text", "still there"]]);
  assert.equal((await items()).length + (await allDrafts()).length, 0);
});

test("an exported report is a zip with all fields and the photos' own bytes", async () => {
  const draft = await waitingReport(2, "grüße");
  const bytes = Buffer.from(await (await exportItem(draft.client_request_id)).arrayBuffer());
  const text = bytes.toString("utf8");
  assert.equal(bytes.subarray(0, 4).toString("latin1"), "PK\u0003\u0004");
  for (const name of ["report.json", "photo-1.jpg", "photo-2.jpg"]) assert.ok(text.includes(name), name);
  for (const number of [0, 1]) assert.ok(text.includes(`photo ${draft.saved} ${number}`), "the bytes are stored as they are");
  assert.ok(text.includes('"value": "grüße"'));
  assert.ok(text.includes(draft.client_request_id));
});

test("an old tab's draft does not take the photos of a report that waits", async () => {
  const draft = await waitingReport(2);
  await deletePhoto(draft.photos[0]!);
  await deleteDraft(draft.client_request_id);
  assert.equal(await withDatabase((database) => database.count("photos")), 2);
});

test("a report is not queued without a photo that it should have", async () => {
  const draft = await draftWith(1);
  await saveDraft(draft);
  await deletePhoto(draft.photos[0]!);
  await assert.rejects(queueDraft(draft, REPORT), (error) => error instanceof NotKept && error.reason === "photos-gone");
  assert.equal((await allDrafts()).length, 1);
});

test("where this phone cannot keep anything, that is said, for the page to send by itself", async () => {
  const draft = await draftWith();
  const { subtle } = crypto;
  Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  try {
    await assert.rejects(queueDraft(draft, REPORT), (error) => error instanceof NotKept && error.reason === "no-crypto");
  } finally {
    Object.defineProperty(crypto, "subtle", { value: subtle, configurable: true });
  }
});

test("queued twice under one number is one, with the last words", async () => {
  const draft = await waitingReport();
  await queueDraft({ ...draft, fields: [["description", "a bigger hole"]] }, REPORT);
  await drain();
  assert.equal((await items()).length, 1);
  city.fault = () => null;
  await sendNow();
  assert.equal(city.received.get(draft.client_request_id)!.fields[0]![1], "a bigger hole");
});

test("each change is told, and none after the watching has ended", async () => {
  let told = 0;
  const end = watch(() => told++);
  await waitingReport();
  assert.ok(told >= 2);
  end();
  told = 0;
  await sendNow();
  assert.equal(told, 0);
});

test("a change in another tab is told too", async () => {
  const told = new Promise<void>((resolve) => watch(resolve));
  const other = new QuietChannel(NAME);
  other.postMessage({ type: "changed" });
  await told;
  other.close();
});

test("receipts stay until they are dismissed, or for two weeks", async () => {
  const draft = await draftWith();
  await queueDraft(draft, REPORT);
  await settled(draft.client_request_id, 5000);
  const other = await draftWith();
  await queueDraft(other, REPORT);
  await settled(other.client_request_id, 5000);
  await dismiss(draft.client_request_id);
  assert.deepEqual((await receipts()).map((one) => one.client_request_id), [other.client_request_id]);
  await withDatabase(async (database) => {
    const [receipt] = await database.getAll("receipts");
    await database.put("receipts", { ...receipt!, sent: Date.now() - 15 * 24 * 3600 * 1000 });
  });
  assert.deepEqual(await receipts(), []);
});

test("an item is sent again at once when the person asks, whatever its wait", async () => {
  const draft = await waitingReport();
  const other = await waitingReport();
  city.fault = () => null;
  for (const one of [draft, other]) await changeItem(one.client_request_id, (item) => ({ ...item, tries: 9, next: Date.now() + 200_000 }));
  await sendNow(draft.client_request_id);
  assert.deepEqual([...city.received.keys()], [draft.client_request_id]);
  assert.equal((await findItem(other.client_request_id))?.tries, 9);
});

test("a status call that breaks on one item does not hold up the others for ever", async () => {
  const bad = await waitingReport();
  const good = [await waitingReport(), await waitingReport()];
  const ask = globalThis.fetch;
  city.fault = () => null;
  globalThis.fetch = (url, init) => (String(url).includes(bad.client_request_id) ? Promise.resolve(json(500, {})) : ask(url, init));
  for (let tries = 0; tries < 30 && city.received.size < 2; tries++) await sendNow();
  assert.deepEqual([...city.received.keys()].sort(), good.map((one) => one.client_request_id).sort());
});

test("a tab that sleeps with the lock in its hand loses it, and is told", async () => {
  let lost: AbortSignal | undefined;
  const asleep = alone((signal) => {
    lost = signal;
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  });
  let ran = false;
  await alone(async () => void (ran = true), 100);
  await asleep;
  assert.equal(ran, true);
  assert.equal(lost?.aborted, true);
});

test("a tab that sends for long and is awake keeps the lock", async () => {
  let end = (): void => undefined;
  const order: string[] = [];
  const sending = alone(async () => {
    await new Promise<void>((resolve) => (end = resolve));
    order.push("first");
  });
  const other = new QuietChannel(NAME);
  const beat = setInterval(() => other.postMessage({ type: "alive" }), 50);
  // A busy machine may be late with a beat.
  const second = alone(async () => void order.push("second"), 1500);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  end();
  await Promise.all([sending, second]);
  clearInterval(beat);
  assert.deepEqual(order, ["first", "second"]);
});

/** "This is it: follow it", in place of a draft with a photo. */
async function joinFor(draft: Draft): Promise<string> {
  await saveDraft(draft);
  const { client_request_id } = await queue({ kind: "join", subject: "R-9", title: "Theirs", language: "en", fields: [], draft: draft.client_request_id });
  await sendNow();
  return client_request_id;
}

const closed = (): Response => problem(409, { detail: "It is closed." });

test("a draft that a join stands in for is kept until the join is delivered, and is no draft of its own meanwhile", async () => {
  const draft = await draftWith(1);
  city.fault = () => "cut";
  const id = await joinFor(draft);
  assert.deepEqual([(await findDraft(draft.client_request_id))?.title, (await photosOf(draft)).length], ["A hole", 1]);
  assert.deepEqual([(await allDrafts()).length, await countUnsent()], [0, 1]);
  city.fault = () => null;
  await sendNow();
  assert.equal((await settled(id, 100)).kind, "sent");
  assert.deepEqual([await findDraft(draft.client_request_id), (await photosOf(draft)).length], [undefined, 0]);
});

test("a join that is refused gives the draft back with its photos", async () => {
  const draft = await draftWith(2);
  city.fault = (_, path) => (path.endsWith("/join") ? closed() : null);
  const id = await joinFor(draft);
  assert.equal((await settled(id, 100)).kind, "needs-you");
  assert.ok(buttonsOf((await findItem(id))!).includes("anew"));
  const back = await mend(id);
  assert.deepEqual([back.client_request_id, back.fields, (await photosOf(back)).length], [draft.client_request_id, draft.fields, 2]);
  assert.deepEqual([(await items()).length, (await allDrafts()).length], [0, 1]);
});

test("a join that is deleted gives the draft back, be it on the phone only or with the city", async () => {
  const [early, late] = [await draftWith(1), await draftWith(1)];
  city.fault = () => "cut";
  await remove(await joinFor(early));
  city.fault = (_, path) => (path.endsWith("/join") ? "lost" : null);
  const id = await joinFor(late);
  city.withdraws = false;
  city.fault = (method) => (method === "DELETE" ? "cut" : null);
  await remove(id);
  assert.deepEqual((await allDrafts()).map((draft) => draft.client_request_id), [early.client_request_id]);
  city.fault = () => null;
  await sendNow();
  assert.deepEqual([(await items()).length, (await allDrafts()).length, (await photosOf(late)).length], [0, 2, 1]);
});

test("a draft that was sent all the same keeps its photos when the join that stood in for it arrives", async () => {
  const draft = await draftWith(1);
  city.fault = () => "cut";
  await joinFor(draft);
  await queueDraft(draft, REPORT);
  city.fault = (_, path) => (path.startsWith("/outbox/") ? json(503, {}) : null);
  await sendNow();
  assert.deepEqual([(await items()).map((item) => item.kind), (await photosOf(draft)).length], [["report"], 1]);
});
