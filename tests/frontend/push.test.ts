import assert from "node:assert/strict";
import { test } from "node:test";
import { offerFor } from "../../frontend/src/my/push-state.ts";
import { base64url, bytesOf, fingerprint, isFor } from "../../frontend/src/pwa/endpoint.ts";
import { type Message, ownPath, readMessage, unreadable } from "../../frontend/src/pwa/message.ts";
import { plain } from "../../frontend/src/pwa/escaped.ts";
import { wholeNumber } from "../../frontend/src/pwa/unread.ts";
import { choosePage } from "../../frontend/src/pwa/which-page.ts";

const HERE = "https://311.example.gov";
const FALLBACK = { title: "News from Harbor", body: "Open it to see what changed.", language: "en" };

function read(given: unknown): Message {
  const text = typeof given === "string" ? given : JSON.stringify(given);
  return readMessage(text, HERE) ?? unreadable(text, HERE, FALLBACK);
}

test("a message is shown as it was written", () => {
  const actions = [{ title: "Yes", url: "/requests/A/fixed?answer=yes" }, { title: "No", url: `${HERE}/requests/A/fixed?answer=no` }, { title: "Third", url: "/" }];
  const message = read({ title: "Pothole: fixed", body: "Filled.", tag: "7KF2", url: "/requests/A", badge: 3, locale: "es", actions });
  assert.deepEqual(message, {
    title: "Pothole: fixed", body: "Filled.", tag: "7KF2", url: "/requests/A", unread: 3, language: "es",
    actions: [{ title: "Yes", url: "/requests/A/fixed?answer=yes" }, { title: "No", url: "/requests/A/fixed?answer=no" }],
  });
});

for (const garbled of ["", "not json", "null", "[]", "5", '"words"', '{"title": 5, "url": [], "actions": "x", "badge": "many"}', '{"title": "  ", "actions": [null, 3, {}]}']) {
  test(`something is shown of ${garbled || "nothing"}`, () => {
    const { title, body, tag, url, actions } = read(garbled);
    assert.deepEqual({ title, body, tag, url, actions }, { title: FALLBACK.title, body: FALLBACK.body, tag: "news", url: "/my", actions: [] });
  });
}

test("a message without a count leaves the icon's alone, and one with none clears it", () => {
  assert.equal(read({ title: "x" }).unread, null);
  assert.equal(read({ title: "x", badge: 0 }).unread, 0);
});

test("no message leads away from the city", () => {
  const led = ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "data:text/html,x", "", 5, null].map((one) => ownPath(one, HERE));
  assert.deepEqual(led, [null, null, null, null, null, null, null]);
  assert.equal(ownPath(`${HERE}/requests/A?x=1#y`, HERE), "/requests/A?x=1#y");
  assert.equal(read({ title: "x", url: "https://evil.example/" }).url, "/my");
});

test("a count is a whole number, and none of anything else", () => {
  assert.deepEqual([3, "3", 2.9, -1, NaN, "x", null, undefined, Infinity, {}].map(wholeNumber), [3, 3, 2, 0, 0, 0, 0, 0, 0, 0]);
});

const page = (path: string, focused = false, visibilityState = "hidden"): { url: string; focused: boolean; visibilityState: string } => ({ url: HERE + path, focused, visibilityState });

test("a message opens in the page that shows it already, else in one that is looked at", () => {
  const pages = [page("/"), page("/my", true, "visible"), page("/requests/A#x")];
  assert.equal(choosePage(pages, `${HERE}/requests/A`), 2);
  assert.equal(choosePage(pages, `${HERE}/requests/B`), 1);
  assert.equal(choosePage([page("/"), page("/my", false, "visible")], `${HERE}/requests/B`), 1);
});

test("a page on which somebody writes is left alone", () => {
  const writing = ["/report?draft=1", "/requests/A/correction", "/requests/A/fixed?answer=no", "/staff/requests/A"].map((path) => page(path, true, "visible"));
  assert.equal(choosePage(writing, `${HERE}/requests/B`), -1);
  assert.equal(choosePage([...writing, page("/")], `${HERE}/requests/B`), 4);
  assert.equal(choosePage([], `${HERE}/my`), -1);
});

const PHONE = { hasKey: true, canPush: true, isApple: false, isInstalled: false, permission: "default" as NotificationPermission, subscribed: false };

test("what is offered follows what the browser can", () => {
  assert.equal(offerFor(PHONE), "ask");
  assert.equal(offerFor({ ...PHONE, permission: "granted" }), "ask");
  assert.equal(offerFor({ ...PHONE, permission: "granted", subscribed: true }), "on");
  assert.equal(offerFor({ ...PHONE, permission: "denied", subscribed: true }), "denied");
  assert.equal(offerFor({ ...PHONE, canPush: false }), "none");
  assert.equal(offerFor({ ...PHONE, canPush: false, isApple: true }), "install");
  assert.equal(offerFor({ ...PHONE, canPush: false, isApple: true, isInstalled: true }), "none");
  assert.equal(offerFor({ ...PHONE, hasKey: false, isApple: true, canPush: false }), "none");
});

test("keys are written and read in base64url", () => {
  const bytes = Uint8Array.from({ length: 65 }, (_, at) => (at * 37) % 256);
  assert.deepEqual(bytesOf(base64url(bytes)), bytes);
  assert.ok(!/[+/=]/.test(base64url(bytes)));
});

test("an address made for another key of the city is told", () => {
  const bytes = Uint8Array.from([4, 250, 251, 252]);
  const made = { options: { applicationServerKey: bytes.buffer } } as unknown as PushSubscription;
  assert.ok(isFor(made, `${base64url(bytes)}==`));
  assert.ok(!isFor(made, base64url(Uint8Array.from([4, 1, 2, 3]))));
});

test("an address is named by its SHA-256", async () => {
  assert.equal(await fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("words of a page are read as they were meant", () => {
  assert.equal(plain("Harbor &amp; Point&#39;s &#34;news&#34; &lt;3 &amp;lt;"), "Harbor & Point's \"news\" <3 &lt;");
});
