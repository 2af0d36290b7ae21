import assert from "node:assert/strict";
import { test } from "node:test";
import { plainName } from "../../frontend/src/pwa/built.ts";
import { isPage, withAge } from "../../frontend/src/pwa/kept.ts";
import { listedIn, photosIn } from "../../frontend/src/pwa/own.ts";
import { isOfBuild } from "../../frontend/src/pwa/shell.ts";
import { isRequestPage } from "../../frontend/src/pwa/visited.ts";

const LINE = '<html lang="en"><p class="note wait" role="status" data-as-of="No connection. This is as of {when}, {ago}." hidden></p>';
const OURS = { "content-type": "text/html; charset=utf-8", "x-request-id": "1", "content-language": "en" };

test("a kept page says when it is from and how old that is", () => {
  const at = new Date(2026, 10, 23, 10, 4).getTime();
  const shown = withAge(LINE, at, at + 25 * 60_000, "en");
  assert.match(shown, /role="status" data-as-of>No connection\. This is as of 10:04.AM, 25 minutes ago\.<\/p>/);
  assert.match(shown, new RegExp(`<html data-kept="${at}" `));
});

test("a page from yesterday names the day, in its own language", () => {
  const at = new Date(2026, 10, 22, 10, 4).getTime();
  const shown = withAge(LINE.replace('lang="en"', 'lang="es"'), at, at + 24 * 3600_000, "es");
  assert.match(shown, /22 nov, 10:04, ayer/);
});

test("a portal's page, an error and another kind of file are no page of ours", () => {
  assert.ok(isPage(new Response("", { headers: OURS })));
  assert.ok(!isPage(new Response("", { headers: { "content-type": "text/html" } })));
  assert.ok(!isPage(new Response("", { headers: OURS, status: 503 })));
  assert.ok(!isPage(new Response("", { headers: { ...OURS, "content-type": "application/json" } })));
});

test("the list names its requests once, in its order, fifty at most", () => {
  const card = (number: number): string => `<h3><a href="/requests/AAAA-BBBB-${number}" data-updated="2026-11-23T10:04:00+00:00">Litter</a></h3>`;
  const many = Array.from({ length: 70 }, (_, at) => card(at)).join("") + card(0);
  const listed = listedIn(many);
  assert.equal(listed.length, 50);
  assert.deepEqual(listed[0], { path: "/requests/AAAA-BBBB-0", updated: "2026-11-23T10:04:00+00:00" });
});

test("of a photo shown large the small one is kept", () => {
  const html = '<img class="photo" data-small="/photos/7/aasmall.webp" src="/photos/7/aalarge.webp"><img src="/requests/A-B/photos/8/b.webp"><img src="/static/icons/icon.svg">';
  assert.deepEqual(photosIn(html), ["/photos/7/aasmall.webp", "/requests/A-B/photos/8/b.webp"]);
});

test("a page of another build is told by its files", () => {
  const page = '<link href="/static/build/app-6L7EIK6H.css"><script src="/static/build/app-CM37J75R.js">';
  assert.ok(isOfBuild(page, ["app-6L7EIK6H.css", "app-CM37J75R.js"]));
  assert.ok(!isOfBuild(page, ["app-6L7EIK6H.css", "app-NEWER123.js"]));
});

test("a built file is known in another build by its name, a chunk by none", () => {
  assert.equal(plainName("app-6L7EIK6H.css"), "app.css");
  assert.equal(plainName("map-worker-73d7a024.js"), "map-worker.js");
  assert.equal(plainName("chunk-FYCHACSN.js"), null);
});

test("a request's page is one with its number, and nothing below it", () => {
  assert.ok(isRequestPage("/requests/7KF2-M9QX-T3AB"));
  assert.ok(!isRequestPage("/requests/7KF2-M9QX-T3AB/correction"));
  assert.ok(!isRequestPage("/requests"));
});
