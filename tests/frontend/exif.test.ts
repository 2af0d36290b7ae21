import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readPhotoFacts, takenAt } from "../../frontend/src/report/exif.ts";

const PHOTOS = join(process.cwd(), process.cwd().endsWith("frontend") ? "../.." : "..", "shared", "data", "photos");
const absent = existsSync(PHOTOS) ? false : "the folder ../shared/data is absent";

function facts(...path: string[]) {
  return readPhotoFacts(readFileSync(join(PHOTOS, ...path)));
}

/** A TIFF block with a GPS directory, as a phone writes it after "Exif\0\0"; little-endian. */
function tiff(lat: [number, number, number], long: [number, number, number], side = "NW"): Uint8Array {
  const bytes = new Uint8Array(200);
  const view = new DataView(bytes.buffer);
  bytes.set([0x45, 0x78, 0x69, 0x66, 0, 0, 0x49, 0x49, 0x2a, 0], 0);
  const at = (offset: number): number => 6 + offset;
  view.setUint32(at(4), 8, true);
  view.setUint16(at(8), 1, true);
  entry(10, 0x8825, 4, 1, 26);
  view.setUint16(at(26), 4, true);
  entry(28, 1, 2, 2, side.charCodeAt(0));
  entry(40, 2, 5, 3, 90);
  entry(52, 3, 2, 2, side.charCodeAt(1));
  entry(64, 4, 5, 3, 114);
  [...lat, ...long].forEach((part, number) => {
    view.setUint32(at(90 + 8 * number), part, true);
    view.setUint32(at(94 + 8 * number), 1, true);
  });
  return bytes;

  function entry(offset: number, tag: number, type: number, count: number, value: number): void {
    view.setUint16(at(offset), tag, true);
    view.setUint16(at(offset + 2), type, true);
    view.setUint32(at(offset + 4), count, true);
    view.setUint32(at(offset + 8), value, true);
  }
}

test("the position is read, west and south negative", () => {
  assert.deepEqual(readPhotoFacts(tiff([41, 30, 0], [70, 54, 0])), { lat: 41.5, long: -70.9 });
  assert.deepEqual(readPhotoFacts(tiff([41, 30, 0], [70, 54, 0], "SE")), { lat: -41.5, long: 70.9 });
});

test("0,0 and what is not on the Earth are no position", () => {
  assert.deepEqual(readPhotoFacts(tiff([0, 0, 0], [0, 0, 0])), {});
  assert.deepEqual(readPhotoFacts(tiff([91, 0, 0], [70, 54, 0])), {});
  assert.deepEqual(readPhotoFacts(tiff([41, 99, 0], [70, 54, 0])), {});
});

test("a directory that points out of the file is no position", () => {
  assert.deepEqual(readPhotoFacts(tiff([41, 30, 0], [70, 54, 0]).subarray(0, 80)), {});
  assert.deepEqual(readPhotoFacts(new Uint8Array(0)), {});
});

test("a time with the camera's own zone is exact, and one of tomorrow is none", () => {
  assert.equal(takenAt("2024:05:06 07:08:09", "+02:00"), "2024-05-06T05:08:09.000Z");
  assert.equal(takenAt("2999:01:01 00:00:00", ""), "");
  assert.equal(takenAt("0000:00:00 00:00:00", ""), "");
});

test("real photos and an iPhone's HEIC say where they were taken", { skip: absent }, () => {
  assert.ok(Math.abs((facts("gps", "DSCN0010.jpg").lat ?? 0) - 43.4674) < 0.001);
  const heic = readdirSync(join(PHOTOS, "heic")).map((name) => facts("heic", name));
  assert.ok(heic.some((one) => one.taken), "the block in a HEIC is found");
});

test("no broken or hostile file hurts", { skip: absent }, () => {
  for (const folder of ["invalid", "hostile", "other"]) {
    for (const name of readdirSync(join(PHOTOS, folder))) assert.ok(facts(folder, name));
  }
});
