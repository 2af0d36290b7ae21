import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { keepPhoto, saved } from "../../frontend/src/report/keeping.ts";
import type { Ready } from "../../frontend/src/report/shrink.ts";
import { withDatabase } from "../../frontend/src/store/database.ts";
import { isFull, notKept } from "../../frontend/src/store/not-kept.ts";
import { askToStay, RUNGS, type Rung, rungFor, startingRung } from "../../frontend/src/store/space.ts";
import type { Photo } from "../../frontend/src/store/types.ts";

const PUT = IDBObjectStore.prototype.put;
const IDS = { id: "photo", draft: "report" };
let asked: number[] = [];

function phone(storage: object): void {
  Object.defineProperty(globalThis, "navigator", { value: { storage }, configurable: true });
}

/** A picture that takes so many bytes as the rung has pixels on its longer side. */
function picture(rung: Rung): Promise<Ready> {
  asked.push(rung.longest);
  return Promise.resolve({ bytes: new ArrayBuffer(rung.longest), type: "image/jpeg", hash: String(rung.longest), thumb: new ArrayBuffer(1), facts: {} });
}

/** The phone takes photos of at most so many bytes. */
function roomFor(bytes: number): void {
  IDBObjectStore.prototype.put = function (value: Photo, ...rest: never[]) {
    if (value.id === IDS.id && value.bytes.byteLength > bytes) throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    return PUT.call(this, value, ...rest);
  };
}

async function onDisk(): Promise<number | undefined> {
  return (await withDatabase((database) => database.get("photos", "photo")))?.bytes.byteLength;
}

beforeEach(async () => {
  asked = [];
  IDBObjectStore.prototype.put = PUT;
  phone({ estimate: () => Promise.resolve({ quota: 1e9, usage: 0 }) });
  await withDatabase((database) => database.clear("photos"));
});

test("with room, a photo is kept in the usual size and nothing is said of it", async () => {
  const kept = await keepPhoto(IDS, picture);
  assert.deepEqual([kept.where, kept.smaller, await onDisk()], ["disk", false, 2048]);
});

test("each rung is smaller than the one before in every respect", () => {
  for (const [at, rung] of RUNGS.entries()) {
    const before = RUNGS[at - 1];
    if (before) assert.ok(rung.longest < before.longest && rung.quality < before.quality && rung.bytes < before.bytes);
  }
});

test("the less is left, the smaller a photo begins, and never past the last rung", () => {
  const rungs = [1e9, 50e6, 20e6, 10e6, 1e6, 0, -5].map(rungFor);
  assert.deepEqual(rungs, [0, 1, 2, 3, 4, 4, 4]);
});

test("a phone that is almost full keeps the photo smaller and says so", async () => {
  phone({ estimate: () => Promise.resolve({ quota: 100e6, usage: 80e6 }) });
  const kept = await keepPhoto(IDS, picture);
  assert.deepEqual([kept.where, kept.smaller, await onDisk()], ["disk", true, 1280]);
});

test("a phone that does not tell its room gets the usual size", async () => {
  phone({ estimate: () => Promise.reject(new TypeError("no")) });
  assert.equal(await startingRung(), 0);
  phone({ estimate: () => Promise.resolve({}) });
  assert.equal(await startingRung(), 0);
});

test("what does not fit is made smaller, rung by rung, until it does", async () => {
  roomFor(1100);
  const kept = await keepPhoto(IDS, picture);
  assert.deepEqual([kept.where, kept.smaller, await onDisk()], ["disk", true, 1024]);
  assert.deepEqual(asked, [2048, 1600, 1280, 1024]);
});

test("what never fits stays in memory in its best size, and is on disk once there is room", async () => {
  roomFor(100);
  const kept = await keepPhoto(IDS, picture);
  assert.deepEqual([kept.where, kept.photo.bytes.byteLength, await onDisk()], ["full", 2048, undefined]);
  assert.deepEqual(asked, [2048, 1600, 1280, 1024, 640]);
  assert.equal(await saved(kept.photo), "full");
  roomFor(5000);
  assert.equal(await saved(kept.photo), undefined);
  assert.equal(await onDisk(), 2048);
});

test("a picture that only the server can read is not tried again and again", async () => {
  roomFor(100);
  const kept = await keepPhoto(IDS, async (rung) => ({ ...(await picture(rung)), thumb: undefined as never }));
  assert.deepEqual([kept.where, asked], ["full", [2048]]);
});

test("a phone that keeps nothing for another reason is not taken for a full one", async () => {
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("denied", "NotAllowedError");
  };
  const kept = await keepPhoto(IDS, picture);
  assert.deepEqual([kept.where, asked], ["failed", [2048]]);
});

test("no picture is no photo", async () => {
  await assert.rejects(keepPhoto(IDS, () => Promise.reject(new Error("no picture"))), /no picture/);
});

test("a full phone is known by any browser's name for it", () => {
  const full = (words: string, name: string): boolean => isFull(notKept(new DOMException(words, name)));
  assert.ok(full("", "QuotaExceededError"));
  assert.ok(full("Unable to store: disk is full", "UnknownError"));
  assert.ok(!full("Connection lost", "UnknownError"));
  assert.ok(!isFull(new Error("QuotaExceededError")));
});

test("the browser is asked to keep what we keep only when it does not yet", async () => {
  let times = 0;
  const persist = () => Promise.resolve(++times > 0);
  phone({ persisted: () => Promise.resolve(true), persist });
  assert.ok(await askToStay());
  assert.equal(times, 0);
  phone({ persisted: () => Promise.resolve(false), persist });
  assert.ok(await askToStay());
  assert.equal(times, 1);
  phone({});
  assert.equal(await askToStay(), false);
});
