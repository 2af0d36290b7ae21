import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting } from "../../frontend/src/map-page/fitting.ts";
import { monthOf, monthsBetween, stepAfter, withMonth, withoutMonth } from "../../frontend/src/map-page/months.ts";
import { countFilters, filterQuery, readable, readAt, readFilter, readNear, readState, writeNear, writeState } from "../../frontend/src/map-page/state.ts";

test("an address is read and written back as it was", () => {
  const query = "service_code=litter,pothole&status=late&filed_from=2026-01-01&area=board:3&near=41.07000,-71.24000,500&at=41.07,-71.24,14.5&colour=rates&layer=board&measure=open";
  assert.equal(writeState(readState(`?${query}`)), query.replace("41.07,-71.24,14.5", "41.07000,-71.24000,14.5"));
});

test("the same filter is the same address, however the form said it", () => {
  const one = readFilter(new URLSearchParams("status=late&status=open&service_code=b&service_code=a&source="));
  const other = readFilter(new URLSearchParams("source=&service_code=a,b,a&status=open,late"));
  assert.deepEqual(one, other);
  assert.equal(readable(filterQuery(one)), "service_code=a,b&status=open,late");
});

test("what everybody sees at first is not said in the address", () => {
  assert.equal(writeState(readState("?status=closed,open,late&colour=status&measure=open")), "");
  assert.equal(writeState(readState("?status=nonsense&colour=pink&at=1,2")), "");
});

test("a place that is none is passed over", () => {
  for (const wrong of ["", "41", "41,-71", "91,0,10", "0,0,12", "41,-71,NaN", "41,-71,40"]) assert.equal(readAt(wrong), null, wrong);
  assert.deepEqual(readAt("41.5,-71.25,12"), { lat: 41.5, long: -71.25, zoom: 12 });
});

test("a circle is read back as it was written, and one without a radius is none", () => {
  const circle = { lat: 41.07, long: -71.24, metres: 350 };
  assert.deepEqual(readNear(writeNear(circle)), circle);
  for (const wrong of [undefined, "", "41,-71", "41,-71,0", "41,-71,-5"]) assert.equal(readNear(wrong), null);
});

test("the button counts kinds, and each other thing once", () => {
  assert.equal(countFilters({}), 0);
  assert.equal(countFilters({ service_code: "a,b", group: "c", filed_from: "2026-01-01", filed_to: "2026-01-31", area: "board:1" }), 5);
});

test("months go over the year's end, and none are made of a reversed span", () => {
  assert.deepEqual(monthsBetween("202511", "202602"), ["202511", "202512", "202601", "202602"]);
  assert.deepEqual(monthsBetween("202602", "202511"), []);
});

test("a month is all of its days, in leap years too", () => {
  assert.deepEqual(withMonth({ area: "board:1" }, "202402"), { area: "board:1", filed_from: "2024-02-01", filed_to: "2024-02-29" });
  assert.equal(withMonth({}, "202302").filed_to, "2023-02-28");
  assert.equal(monthOf(withMonth({}, "201912")), "201912");
  assert.equal(monthOf({ filed_from: "2019-12-01", filed_to: "2019-12-30" }), null);
  assert.equal(monthOf({}), null);
  assert.deepEqual(withoutMonth(withMonth({ status: "late" }, "201912")), { status: "late" });
});

test("playing begins anew after the last month", () => {
  assert.deepEqual([0, 1, 2].map((at) => stepAfter(at, 3)), [1, 2, 0]);
  assert.equal(stepAfter(0, 0), 0);
});

test("a box is fitted whole, on a tall screen and on a wide one", () => {
  const box: [number, number, number, number] = [-71.3, 41, -71.2, 41.1];
  for (const [width, height] of [[360, 700], [1200, 500]] as const) {
    const at = fitting(box, width, height);
    const degrees = (360 * width) / 512 / 2 ** at.zoom;
    assert.ok(degrees >= 0.0999, `${degrees} degrees across`);
    assert.ok(at.lat > 41.04 && at.lat < 41.06 && at.long === -71.25);
  }
  assert.equal(fitting([-71.2, 41, -71.2, 41], 360, 700).zoom, 17);
});
