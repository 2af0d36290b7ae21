import assert from "node:assert/strict";
import { test } from "node:test";
import { holds } from "../../frontend/src/pwa/banner.ts";
import { isNotice, linkedIn } from "../../frontend/src/pwa/notices.ts";

test("a notice holds from its start until its end, and not a moment longer", () => {
  assert.deepEqual([9, 10, 19, 20].map((now) => holds(10, 20, now)), [false, true, true, false]);
});

test("the pages of notices are kept, and no desk's, feed's or banner's", () => {
  assert.deepEqual(["/announcements", "/announcements/12"].map(isNotice), [true, true]);
  const others = ["/staff/announcements/12", "/announcements/12.cap", "/announcements/banner", "/announcements.geojson", "/announcements/12/edit"];
  assert.ok(!others.some(isNotice));
});

test("a banner leads to each of its notices once", () => {
  const html = '<a href="/announcements/3">A</a><a href="/announcements/3">B</a><a href="/announcements/12">C</a><a href="/announcements">All</a>';
  assert.deepEqual(linkedIn(html), ["/announcements/3", "/announcements/12"]);
});
