import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnsent, needsPerson } from "../../frontend/src/outbox.ts";
import { cityWords, mayMend, stateOf } from "../../frontend/src/my/state.ts";
import { changeWords } from "../../frontend/src/my/teller.ts";
import { buttonsOf, idOf, inOrder } from "../../frontend/src/my/unsent.ts";
import type { Draft, Item, Trouble } from "../../frontend/src/store/types.ts";

const NOON = new Date(2026, 5, 1, 12, 0).getTime();

function item(facts: Partial<Item> = {}): Item {
  const base: Item = {
    client_request_id: "a", kind: "report", subject: "a", title: "Pothole", made: NOON, language: "en", fields: [], photos: [], seen: [],
    state: "waiting", attempted: false, tries: 0, next: 0, trouble: null,
  };
  return { ...base, ...facts };
}

function trouble(reason: Trouble["reason"], facts: Partial<Trouble> = {}): Trouble {
  return { reason, status: 0, said: "", problems: [], at: NOON, ...facts };
}

/** The key and what fills it: what is said, without the words. */
const say = (key: string, values: Record<string, string | number> = {}): string => [key, ...Object.values(values)].join(" ");
const around = { online: true, now: NOON, language: "de", say };

function said(facts: Partial<Item>, online = true): string {
  const { words, tone } = stateOf(item(facts), { ...around, online });
  return `${tone}: ${words}`;
}

test("what waits says what it waits for, and when it was tried", () => {
  assert.equal(said({}), "wait: state_saved");
  assert.equal(said({}, false), "wait: state_no_signal");
  for (const reason of ["offline", "server", "busy", "between"] as const) assert.equal(said({ trouble: trouble(reason) }), `wait: state_${reason} 12:00`);
  assert.match(said({ trouble: trouble("offline", { at: NOON - 24 * 3600_000 }) }), /31\. Mai, 12:00/, "a time of yesterday names its day");
});

test("the report itself is the last of its parts", () => {
  const photo = { id: "p", hash: "h", size: 1 };
  assert.equal(said({ state: "sending" }), "busy: state_sending");
  assert.equal(said({ state: "sending", photos: [{ ...photo, uploaded: true }, { ...photo, uploaded: false }] }), "busy: state_sending_part 2 3");
  assert.equal(said({ state: "sending", photos: [{ ...photo, uploaded: true }, { ...photo, uploaded: true }] }), "busy: state_sending_part 3 3");
});

test("what needs the person says the city's words, each once", () => {
  const problems = [{ field: "email", message: "Not an address." }, { field: "phone", message: "Too short." }, { field: "name", message: "Too short." }];
  assert.equal(said({ state: "needs-you", trouble: trouble("refused", { problems, said: "Mend it." }) }), "bad: state_needs_you Not an address. Too short.");
  assert.equal(said({ state: "needs-you", trouble: trouble("refused", { said: "Too large." }) }), "bad: state_needs_you Too large.");
  assert.equal(said({ state: "needs-you", trouble: trouble("refused") }), "bad: state_needs_you state_refused");
  assert.equal(said({ trouble: trouble("sign-in") }), "bad: state_sign_in");
});

test("a photo that the phone has lost is told in the page's words", () => {
  const lost = trouble("refused", { problems: [{ field: "photos[abc]", message: "" }] });
  assert.equal(cityWords(item({ trouble: lost }), say), "photo_lost");
});

test("what is taken back says so, also while nobody can be told", () => {
  assert.equal(said({ state: "deleting" }), "busy: state_deleting");
  assert.equal(said({ state: "deleting" }, false), "busy: state_deleting_later");
  assert.equal(said({ state: "deleting", trouble: trouble("offline") }), "busy: state_deleting_later");
});

test("nothing that the city may have is changed behind its back", () => {
  assert.equal(mayMend(item()), true);
  assert.equal(mayMend(item({ attempted: true })), false);
  assert.equal(mayMend(item({ state: "sending" })), false);
  assert.equal(mayMend(item({ state: "needs-you" })), true);
  assert.equal(mayMend(item({ kind: "withdrawal", state: "needs-you" })), false, "there is nothing in it to mend");
  assert.equal(mayMend(item({ kind: "comment" })), true);
});

test("each state offers what can be done about it", () => {
  assert.deepEqual(buttonsOf(item()), ["send", "mend", "more", "export", "delete"]);
  assert.deepEqual(buttonsOf(item({ attempted: true, trouble: trouble("server") })), ["send", "more", "export", "delete"]);
  assert.deepEqual(buttonsOf(item({ state: "sending" })), ["more", "export", "delete"]);
  assert.deepEqual(buttonsOf(item({ state: "needs-you" })), ["mend", "more", "export", "delete"]);
  assert.deepEqual(buttonsOf(item({ trouble: trouble("sign-in"), attempted: true })), ["sign-in", "more", "export", "delete"]);
  assert.deepEqual(buttonsOf(item({ state: "deleting" })), []);
});

test("the oldest stands first, whether it is finished or not", () => {
  const draft: Draft = { client_request_id: "d", saved: NOON - 1, step: "photo", fields: [], photos: [], addressTyped: false, title: "" };
  const all = inOrder([item({ client_request_id: "b", made: NOON + 5 }), item({ client_request_id: "c", made: NOON - 5 })], [draft]);
  assert.deepEqual(all.map(idOf), ["c", "d", "b"]);
});

test("only arrivals and refusals are said aloud; progress is not", () => {
  const before = { unsent: 3, needsYou: 0, sent: 0 };
  assert.equal(changeWords(before, { unsent: 3, needsYou: 0, sent: 0 }, say), "");
  assert.equal(changeWords(before, { unsent: 4, needsYou: 0, sent: 0 }, say), "");
  assert.equal(changeWords(before, { unsent: 1, needsYou: 0, sent: 2 }, say), "changed_sent 2 changed_unsent 1");
  assert.equal(changeWords(before, { unsent: 0, needsYou: 0, sent: 3 }, say), "changed_sent 3 changed_none");
  assert.equal(changeWords(before, { unsent: 3, needsYou: 1, sent: 0 }, say), "changed_unsent 3 changed_needs_you 1");
});

test("icon, header and list count the same: not what is taken back, and whom a sign-in holds up needs a person", () => {
  const all = [item(), item({ state: "sending" }), item({ state: "needs-you" }), item({ trouble: trouble("sign-in") }), item({ state: "deleting", trouble: trouble("sign-in") })];
  assert.deepEqual(all.map(isUnsent), [true, true, true, true, false]);
  assert.deepEqual(all.map(needsPerson), [false, false, true, true, false]);
});
