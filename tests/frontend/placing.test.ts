import assert from "node:assert/strict";
import { test } from "node:test";
import { circle, metresBetween, moved, roundMetres, stepped } from "../../frontend/src/report/geo.ts";
import { type Placing, replaces, type Source } from "../../frontend/src/report/placing.ts";

function from(source: Source, accuracy: number | null = null): Placing {
  return { lat: 41.5, long: -70.9, accuracy, source };
}

test("a pin that a person moved is never overridden by what a machine knows", () => {
  assert.equal(replaces(from("pin"), from("photo"), false), false);
  assert.equal(replaces(from("pin"), from("device", 3), false), false);
  assert.equal(replaces(from("search"), from("photo"), false), false);
});

test("the photo comes before the device, whichever is known first", () => {
  assert.equal(replaces(from("photo"), from("device", 3), false), false);
  assert.equal(replaces(from("device", 3), from("photo"), false), true);
  assert.equal(replaces(from("photo"), from("photo"), false), false);
});

test("a better position of the device replaces a worse one, never the other way", () => {
  assert.equal(replaces(from("device", 80), from("device", 20), false), true);
  assert.equal(replaces(from("device", 20), from("device", 80), false), false);
});

test("what the person has just asked for always counts", () => {
  assert.equal(replaces(from("pin"), from("search"), true), true);
  assert.equal(replaces(from("photo"), from("pin"), true), true);
});

test("an arrow key moves the pin by its metres, at any latitude", () => {
  for (const lat of [0, 41.5, -60]) {
    const start = { lat, long: 10 };
    assert.ok(Math.abs(metresBetween(start, moved(start, 25, 0)) - 25) < 0.1);
    assert.ok(Math.abs(metresBetween(start, moved(start, 0, -5)) - 5) < 0.1);
  }
});

test("the accuracy is a closed ring at its metres", () => {
  const centre = { lat: 41.5, long: -70.9 };
  const ring = circle(centre, 50);
  assert.deepEqual(ring[0], ring.at(-1));
  for (const [long, lat] of ring) assert.ok(Math.abs(metresBetween(centre, { lat, long }) - 50) < 0.5);
});

test("metres are said in round numbers", () => {
  assert.deepEqual([0.2, 7.4, 43, 372, 4870].map(roundMetres), [1, 7, 40, 350, 5000]);
});

test("arrow keys step by 5 metres, with Shift by 25, and other keys not at all", () => {
  const start = { lat: 41.5, long: -70.9 };
  const north = stepped(start, { key: "ArrowUp", shiftKey: false });
  assert.ok(north && north.lat > start.lat && north.long === start.long);
  const west = stepped(start, { key: "ArrowLeft", shiftKey: true });
  assert.ok(west && Math.abs(metresBetween(start, west) - 25) < 0.1 && west.long < start.long);
  assert.equal(stepped(start, { key: "Tab", shiftKey: false }), null);
});
