import assert from "node:assert/strict";
import { test } from "node:test";
import { tilesOf } from "../../frontend/src/map-page/tiles-of.ts";
import { boxAround, fitting, tileAt } from "../../frontend/src/map-page/fitting.ts";
import { inTurns } from "../../frontend/src/map/in-turns.ts";

test("a view is of what it was fitted to", () => {
  const box = boxAround({ lat: 41.07, long: -71.24, zoom: 13 }, 360, 507);
  const { lat, long, zoom } = fitting(box, 360, 507);
  assert.ok(Math.abs(lat - 41.07) < 1e-9 && Math.abs(long + 71.24) < 1e-9 && Math.abs(zoom - 13) < 0.011, `${lat} ${long} ${zoom}`);
});

test("the tiles of a view are all that it touches, and each once", () => {
  assert.deepEqual(tileAt(0.001, -0.001, 1), [0, 0]);
  assert.deepEqual(tilesOf([-1, -1, 1, 1], 3.9, 18), ["3/3/3", "3/3/4", "3/4/3", "3/4/4"]);
});

test("closer than its source a map shows the source's closest tiles, and of too many none is asked for ahead", () => {
  const [x, y] = tileAt(41.07, -71.24, 15);
  assert.deepEqual(tilesOf(boxAround({ lat: 41.07, long: -71.24, zoom: 19 }, 2, 2), 19, 15), [`15/${x}/${y}`]);
  assert.deepEqual(tilesOf([-180, -80, 180, 80], 8, 18), []);
});

test("work in turns is done in its order, and others have a turn between", async () => {
  const done: string[] = [];
  const turn = inTurns(5);
  const busy = (name: string) => () => {
    for (const until = performance.now() + 4; performance.now() < until; );
    done.push(name);
  };
  setTimeout(() => done.push("another"));
  await Promise.all(["a", "b", "c", "d", "e"].map((name) => turn(busy(name))));
  assert.deepEqual(done.filter((one) => one !== "another"), ["a", "b", "c", "d", "e"]);
  assert.ok(done.indexOf("another") < 4, done.join());
});
