import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, ask } from "../../frontend/src/outbox/answer.ts";
import { backOff, isDue, LONGEST, type Outcome, outcomeOf } from "../../frontend/src/outbox/policy.ts";
import { receiptOf } from "../../frontend/src/outbox/status.ts";
import type { Item } from "../../frontend/src/store/types.ts";
import { json, problem } from "./city.ts";

const ID = "019a0000-0000-7000-8000-00000000000a";
const html = (status: number, headers = {}): Response => new Response("<h1>Sign in</h1>", { status, headers: { "Content-Type": "text/html", ...headers } });

async function answered(response: Response | Error): Promise<Answer> {
  globalThis.fetch = () => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response));
  return ask({ method: "PUT", url: "/outbox/x" });
}

async function said(response: Response | Error): Promise<string> {
  const outcome = outcomeOf(await answered(response), ID, 1000);
  if (outcome.kind !== "wait") return outcome.kind;
  return `${outcome.trouble.reason}${outcome.pause ? ", all" : ""}`;
}

const ROWS: [what: string, response: () => Response | Error, then: string][] = [
  ["a receipt for our number", () => json(201, { client_request_id: ID.toUpperCase() }), "delivered"],
  ["the same receipt again", () => json(200, { client_request_id: ID }), "delivered"],
  ["a receipt without our number", () => json(201, { service_request_id: "X" }), "server"],
  ["a receipt for another number", () => json(201, { client_request_id: "another" }), "server"],
  ["a 204", () => new Response(null, { status: 204 }), "between"],
  ["a page with 200", () => html(200), "between"],
  ["a page that calls itself JSON", () => new Response("<h1>", { status: 200, headers: { "Content-Type": "application/json" } }), "between"],
  ["a redirect", () => html(303, { Location: "/sign-in" }), "between"],
  ["no network", () => new TypeError("Failed to fetch"), "offline, all"],
  ["a time-out", () => new DOMException("", "AbortError"), "offline, all"],
  ["401", () => problem(401, {}), "sign-in"],
  ["429 of ours", () => problem(429, {}), "busy, all"],
  ["429 of a proxy", () => html(429), "busy, all"],
  ["408", () => html(408), "between"],
  ["our 408", () => problem(408, {}), "between"],
  ["our 405", () => problem(405, {}), "between"],
  ["photos that are missing", () => problem(409, { missing: ["aa"] }), "missing"],
  ["a conflict", () => problem(409, { missing: [] }), "needs-you"],
  ["an old stamp", () => problem(422, { problems: [{ field: "stamp", message: "Too old." }] }), "stamp"],
  ["bytes damaged on the way", () => problem(400, { retry: true }), "server"],
  ["missing photos, as a proxy says it", () => json(409, { missing: ["aa"] }), "between"],
  ...[500, 502, 503, 504, 507].map((status): [string, () => Response, string] => [`our ${status}`, () => problem(status, {}), "server"]),
  ...[500, 502, 503].map((status): [string, () => Response, string] => [`a page with ${status}`, () => html(status), "server"]),
  ...[400, 403, 404, 409, 410, 413, 415, 422].flatMap((status): [string, () => Response, string][] => [
    [`our ${status}`, () => problem(status, {}), "needs-you"],
    [`a page with ${status}`, () => html(status), "between"],
    [`JSON of somebody else with ${status}`, () => json(status, { problems: [] }), "between"],
  ]),
];

for (const [what, response, then] of ROWS) {
  test(`${what}: ${then}`, async () => assert.equal(await said(response()), then));
}

test("the city's own words are kept, and those of anything between are not", async () => {
  const words = { detail: "Mend it.", problems: [{ field: "email", message: "Not an address." }, { field: 3 }, null] };
  const ours = outcomeOf(await answered(problem(422, words)), ID, 5) as Outcome & { kind: "needs-you" };
  assert.deepEqual(ours.trouble, { reason: "refused", status: 422, said: "Mend it.", problems: [words.problems[0]], at: 5 });
  const between = outcomeOf(await answered(json(422, words)), ID, 5) as Outcome & { kind: "wait" };
  assert.deepEqual([between.trouble.said, between.trouble.problems], ["", []]);
});

test("an answer that never ends is not read whole", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({ pull: (to) => (sent++, to.enqueue(new Uint8Array(100_000).fill(32))) });
  assert.equal(await said(new Response(endless, { status: 200, headers: { "Content-Type": "application/json" } })), "between");
  assert.ok(sent < 20, `${sent} pieces`);
});

test("an answer that breaks off in the middle is none", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (to) => {
      to.enqueue(new TextEncoder().encode(`{"client_request_id": "${ID}"`));
      to.error(new TypeError("network error"));
    },
  });
  assert.equal(await said(new Response(broken, { status: 201, headers: { "Content-Type": "application/json" } })), "offline, all");
});

test("redirects are not followed", async () => {
  let asked: RequestInit | undefined;
  globalThis.fetch = (_, init) => ((asked = init), Promise.resolve(json(200, {})));
  await ask({ method: "GET", url: "/outbox" });
  assert.equal(asked?.redirect, "manual");
});

test("the wait doubles from two seconds to five minutes, by chance half of it", () => {
  assert.deepEqual([1, 2, 3, 4].map((tries) => backOff(tries, null, 1)), [2000, 4000, 8000, 16_000]);
  assert.equal(backOff(1, null, 0), 1000);
  assert.equal(backOff(30, null, 1), LONGEST);
  assert.equal(backOff(2000, null, 1), LONGEST);
});

test("the city may ask for a longer wait, up to five minutes", () => {
  assert.equal(backOff(1, 30_000, 1), 30_000);
  assert.equal(backOff(1, 86_400_000, 1), LONGEST);
  assert.equal(backOff(9, 1000, 1), LONGEST);
});

test("the wait that the city asks for is read in seconds", async () => {
  assert.equal((await answered(problem(503, {}, { "Retry-After": "30" }))).retryAfter, 30_000);
  assert.equal((await answered(problem(503, {}, { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" }))).retryAfter, null);
});

test("a time further away than any wait was written by another clock, and has come", () => {
  assert.deepEqual([0, 1000, 1001, 1000 + LONGEST, 1001 + LONGEST].map((next) => isDue(next, 1000)), [true, true, false, false, true]);
});

test("a receipt never links to another host", () => {
  const item = { client_request_id: ID, kind: "report", title: "", subject: ID } as Item;
  for (const url of ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", 7]) {
    assert.equal(receiptOf(item, { url, service_request_id: "R-1" }, 0).url, "/requests/R-1");
  }
});
