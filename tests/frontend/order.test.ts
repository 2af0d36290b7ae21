import assert from "node:assert/strict";
import { test } from "node:test";
import { chains, nextTime } from "../../frontend/src/outbox/order.ts";
import type { Item, Trouble } from "../../frontend/src/store/types.ts";

const NOW = 1_000_000;

function item(id: string, subject: string, made: number, more: Partial<Item> = {}): Item {
  const empty = { kind: "comment", title: "", language: "en", fields: [], photos: [], seen: [], state: "waiting" as const, attempted: false, tries: 0, next: 0, trouble: null } satisfies Partial<Item>;
  return { ...empty, client_request_id: id, subject, made, ...more };
}

const trouble = (reason: Trouble["reason"]): Trouble => ({ reason, status: 0, said: "", problems: [], at: 0 });
const names = (found: Item[][]): string[] => found.map((chain) => chain.map((one) => one.client_request_id).join(" "));

test("the oldest goes first, and those of one subject follow each other", () => {
  const items = [item("c", "two", 3), item("b", "one", 2), item("d", "one", 4), item("a", "one", 1)];
  assert.deepEqual(names(chains(items, NOW)), ["a b d", "c"]);
});

test("an item that waits for its next try holds up its own subject only", () => {
  const items = [item("a", "one", 1, { tries: 1, next: NOW + 5000 }), item("b", "one", 2), item("c", "two", 3)];
  assert.deepEqual(names(chains(items, NOW)), ["c"]);
  assert.deepEqual(names(chains(items, NOW + 5000)), ["c", "a b"], "and what has failed comes after what has not");
});

test("an item that waits for a person holds up nobody", () => {
  assert.deepEqual(names(chains([item("a", "one", 1, { state: "needs-you" }), item("b", "one", 2)], NOW)), ["b"]);
});

test("an item that breaks the server for ever lets the later ones pass in the end", () => {
  const stuck = { tries: 5, next: NOW + 5000, trouble: trouble("server") };
  assert.deepEqual(names(chains([item("a", "one", 1, stuck), item("b", "one", 2)], NOW)), ["b"]);
  const offline = { ...stuck, trouble: trouble("offline") };
  assert.deepEqual(names(chains([item("a", "one", 1, offline), item("b", "one", 2)], NOW)), [], "a dead network proves nothing");
});

test("when all is asked for, what waits for its next try is due, and what waits for a person is not", () => {
  const items = [item("a", "one", 1, { next: NOW + 5000 }), item("b", "two", 2, { state: "needs-you" })];
  assert.deepEqual(names(chains(items, NOW, true)), ["a"]);
});

test("what is to be deleted is due like the rest", () => {
  assert.deepEqual(names(chains([item("a", "one", 1, { state: "deleting" })], NOW)), ["a"]);
});

test("items of the same moment keep one order", () => {
  assert.deepEqual(names(chains([item("b", "one", 1), item("a", "one", 1)], NOW)), ["a b"]);
});

test("the next pass is at the earliest next try; never, when nothing waits but for a person", () => {
  assert.equal(nextTime([item("a", "one", 1, { next: NOW + 9000 }), item("b", "two", 2, { next: NOW + 4000 })], NOW), NOW + 4000);
  assert.equal(nextTime([item("a", "one", 1, { state: "needs-you" })], NOW), null);
  assert.equal(nextTime([item("a", "one", 1, { next: NOW + 3_600_000 })], NOW), NOW, "the clock has jumped");
});
