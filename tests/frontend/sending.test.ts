import assert from "node:assert/strict";
import { test } from "node:test";
import { after, between, isBefore, stepOf } from "../../frontend/src/report/steps.ts";
import { uuid7 } from "../../frontend/src/report/uuid7.ts";
import { ago, fill } from "../../frontend/src/words.ts";

test("each problem is shown at the step of its field", () => {
  assert.deepEqual(["location", "attribute[size]", "media", "email"].map(stepOf), ["place", "kind", "photo", "words"]);
});

test("going on passes every step between, going back none", () => {
  assert.deepEqual(between("photo", "known"), ["photo", "place", "kind"]);
  assert.deepEqual(between("words", "photo"), []);
  assert.equal(after("words"), "words");
  assert.equal(isBefore("place", "kind"), true);
});

test("numbers made on the phone are version 7, and in the order of their time", () => {
  const first = uuid7(1_700_000_000_000);
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(first < uuid7(1_700_000_000_001));
  assert.notEqual(uuid7(1), uuid7(1));
});

test("gaps in the page's words are filled, and an unknown one stays to be seen", () => {
  assert.equal(fill("{n} of {total} {other}", { n: 2, total: 5 }), "2 of 5 {other}");
});

test("a time is said in the page's language", () => {
  assert.equal(ago(0, 600_000, "en"), "10 minutes ago");
  assert.equal(ago(0, 600_000, "es"), "hace 10 minutos");
});
