import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { drain, items, queueDraft, sendNow } from "../../frontend/src/outbox.ts";
import { changeItem } from "../../frontend/src/store/items.ts";
import { startSender } from "../../frontend/src/outbox/wakes.ts";
import { City, draftWith, freshCity, QuietChannel, REPORT } from "./city.ts";

globalThis.BroadcastChannel = QuietChannel;

/** As much of a browser as the sender looks at. */
const page = Object.assign(new EventTarget(), { visibilityState: "visible", readyState: "loading" });
const browser = new EventTarget();
const worker = Object.assign(new EventTarget(), { registered: [] as string[], getRegistration: () => Promise.resolve({ sync: { register: (tag: string) => Promise.resolve(worker.registered.push(tag)) } }) });
const icon: (number | null)[] = [];
Object.assign(globalThis, { document: page, addEventListener: browser.addEventListener.bind(browser) });
Object.defineProperty(navigator, "serviceWorker", { value: worker });
Object.assign(navigator, { setAppBadge: (count: number) => Promise.resolve(icon.push(count)), clearAppBadge: () => Promise.resolve(icon.push(null)) });

let city: City;

beforeEach(async () => {
  city = await freshCity();
  page.visibilityState = "visible";
});

afterEach(async () => {
  city.fault = () => null;
  await sendNow();
});

/** Something that waits, with its next try so many milliseconds away. */
async function waitingFor(ms: number): Promise<string> {
  const draft = await draftWith();
  city.fault = () => "cut";
  await queueDraft(draft, REPORT);
  await drain();
  await changeItem(draft.client_request_id, (item) => ({ ...item, next: Date.now() + ms }));
  city.fault = () => null;
  city.asked.length = 0;
  return draft.client_request_id;
}

async function within(ms: number, is: () => boolean): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end && !is(); ) await new Promise((resolve) => setTimeout(resolve, 20));
  return is();
}

test("the load of a page sends what waits, even what was to wait longer", async () => {
  const id = await waitingFor(200_000);
  startSender();
  startSender();
  assert.equal(city.asked.length, 0, "and not before the page is there");
  browser.dispatchEvent(new Event("load"));
  assert.ok(await within(2000, () => city.received.has(id)));
});

test("so does the network when it is back", async () => {
  const id = await waitingFor(200_000);
  browser.dispatchEvent(new Event("online"));
  assert.ok(await within(2000, () => city.received.has(id)));
});

test("so does the person who comes back to the tab, and not the one who leaves it", async () => {
  const id = await waitingFor(200_000);
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(await within(200, () => city.received.has(id)), false);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  assert.ok(await within(2000, () => city.received.has(id)));
});

test("so does the service worker, when the system wakes it", async () => {
  const id = await waitingFor(200_000);
  worker.dispatchEvent(Object.assign(new Event("message"), { data: { type: "other" } }));
  assert.equal(await within(200, () => city.received.has(id)), false);
  worker.dispatchEvent(Object.assign(new Event("message"), { data: { type: "drain" } }));
  assert.ok(await within(2000, () => city.received.has(id)));
});

test("after a dead network it is tried again by itself, later each time", async () => {
  const draft = await draftWith();
  const tries: number[] = [];
  city.fault = () => (tries.push(Date.now()), tries.length < 3 ? "cut" : null);
  await queueDraft(draft, REPORT);
  assert.ok(await within(9000, () => city.received.has(draft.client_request_id)));
  const [first, second, third] = tries as [number, number, number];
  assert.ok(second - first >= 900 && third - second >= 1900, `${second - first} ms, ${third - second} ms`);
});

test("the system is asked to wake us, and the icon says how many wait", async () => {
  worker.registered.length = 0;
  icon.length = 0;
  await waitingFor(200_000);
  assert.deepEqual([...new Set(worker.registered)], ["blockwise-outbox"]);
  assert.ok(await within(1000, () => icon.includes(1)));
  await sendNow();
  assert.equal((await items()).length, 0);
  assert.ok(await within(1000, () => icon.at(-1) === null), String(icon));
});

test("the system is not asked again after each failed try: it would wake us at once, for ever", async () => {
  const draft = await draftWith();
  const tries: number[] = [];
  city.fault = () => (tries.push(Date.now()), "cut");
  worker.registered.length = 0;
  await queueDraft(draft, REPORT);
  assert.ok(await within(9000, () => tries.length >= 3));
  assert.equal(worker.registered.length, 1);
});

test("what many find out at once of a dead network is one failure", async () => {
  const tries: number[] = [];
  city.fault = () => (tries.push(Date.now()), "cut");
  for (let each = 0; each < 120; each++) await queueDraft(await draftWith(), REPORT);
  await drain();
  await new Promise((resolve) => setTimeout(resolve, 100));
  tries.length = 0;
  await sendNow();
  assert.equal(tries.length, 3, "three rounds of at most fifty");
  const [first] = tries as [number];
  assert.ok(await within(9000, () => tries.length > 3));
  assert.ok(tries[3]! - first < 9000, `${tries[3]! - first} ms`);
});
