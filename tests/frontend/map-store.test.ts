import assert from "node:assert/strict";
import { test } from "node:test";

const page = { location: { search: "?status=late", pathname: "/map" }, history: { replaceState: () => undefined }, localStorage: { getItem: () => null, setItem: () => undefined } };
Object.assign(globalThis, { ...page, window: globalThis, addEventListener: () => undefined });
const { change, current, isStillAsked, looksAt, QUESTION, watchMap } = await import("../../frontend/src/map-page/store.ts");

test("an answer that comes while the map moves is shown, and one to an older question is not", () => {
  const asked = current();
  change({ at: { lat: 41, long: -71, zoom: 12 } });
  assert.notEqual(current(), asked);
  assert.ok(isStillAsked(asked));
  change({ filter: { status: "open" } });
  assert.ok(!isStillAsked(asked));
});

test("each part of the page hears once of what it waits for, and of nothing else", () => {
  const heard: string[] = [];
  watchMap(QUESTION, () => heard.push("question"));
  watchMap(["view"], () => heard.push("view"));
  change({ colour: "rates", layer: "board", filter: { status: "open" } });
  change({ colour: "rates", at: { lat: 42, long: -71, zoom: 12 } });
  looksAt({ bbox: [-72, 41, -71, 42], zoom: 12 });
  assert.deepEqual(heard, ["question", "view"]);
});
