import assert from "node:assert/strict";
import { test } from "node:test";
import { nearby } from "../../frontend/src/area/offline.ts";
import { isOld } from "../../frontend/src/area/refresh.ts";
import { fits, sizeSaid } from "../../frontend/src/area/room.ts";
import { isCurrent, needless, tilePaths } from "../../frontend/src/area/tiles.ts";
import { isPersonal } from "../../frontend/src/pwa/names.ts";
import type { KnownRequest, Zoom } from "../../frontend/src/area/types.ts";

const HERE: Zoom[] = [{ z: 14, x: [10, 11], y: [20, 20] }, { z: 15, x: [20, 22], y: [40, 41] }];
const BESIDE: Zoom[] = [{ z: 14, x: [11, 12], y: [20, 20] }, { z: 15, x: [22, 23], y: [40, 41] }];

test("each tile of each zoom has its address, once", () => {
  const paths = tilePaths(HERE);
  assert.equal(paths.length, 2 + 6);
  assert.equal(new Set(paths).size, paths.length);
  assert.ok(paths.includes("/tiles/basemap/15/22/41.mvt"));
});

test("removing an area frees its own tiles, and leaves those that another needs", () => {
  const kept = ["/tiles/basemap.json", ...new Set([...tilePaths(HERE), ...tilePaths(BESIDE)])];
  const freed = needless(kept, [{ tiles: BESIDE }]);
  assert.equal(freed.length, 1 + 4);
  assert.ok(freed.includes("/tiles/basemap/14/10/20.mvt"));
  assert.ok(!freed.includes("/tiles/basemap/14/11/20.mvt") && !freed.includes("/tiles/basemap.json"));
  assert.equal(needless(kept, []).length, kept.length);
});

test("a kept tile counts while it is of the same basemap", () => {
  assert.ok(isCurrent('"18ea-4f-20"', "18ea"));
  assert.ok(isCurrent('W/"18ea-4f-20"', "18ea"));
  assert.ok(!isCurrent('"18ea-4f-20"', "18e"));
  assert.ok(!isCurrent(null, "18ea"));
  assert.ok(!isCurrent('"-4f"', ""));
});

test("what is old is asked for again, also after the clock was set back", () => {
  const hour = 3_600_000;
  assert.ok(!isOld(100 * hour, 6 * hour, 105 * hour));
  assert.ok(isOld(100 * hour, 6 * hour, 107 * hour));
  assert.ok(isOld(100 * hour, 6 * hour, 10 * hour));
});

test("an area fits when it leaves room; a phone that does not say is trusted", () => {
  assert.ok(fits(10_000_000, 12_500_000));
  assert.ok(!fits(10_000_000, 11_000_000));
  assert.ok(fits(10_000_000, null));
  assert.deepEqual([sizeSaid(830_400, "en"), sizeSaid(2_440_000, "en"), sizeSaid(2_440_000, "es")], ["830 kB", "2.4 MB", "2.4 MB"]);
});

test("known nearby is what is of the group and within the kind's radius, nearest first", () => {
  const at = { lat: 42, long: -71 };
  const request = (id: string, metres: number, service_code = "litter"): KnownRequest => ({
    service_request_id: id, service_code, service_name: "", group: "", address: "", lat: 42 + metres / 111_195, long: -71,
    requested_datetime: "", expected_datetime: null, reporter_count: 1,
  });
  const all = [request("far", 120), request("edge", 99), request("near", 5), request("other", 1, "noise")];
  assert.deepEqual(nearby(all, at, new Set(["litter", "dumping"]), 100).map((one) => one.request.service_request_id), ["near", "edge"]);
  assert.equal(nearby(Array.from({ length: 9 }, (_, n) => request(String(n), n)), at, new Set(["litter"]), 100).length, 5);
});

test("forgetting the device lets go of the area too: it says where somebody lives", () => {
  assert.ok(isPersonal("area-tiles") && isPersonal("area-files-0123456789ab"));
});
