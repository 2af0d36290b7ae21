import assert from "node:assert/strict";
import { test } from "node:test";
import { adapterOf } from "../../frontend/src/outbox/adapters/index.ts";
import type { Item } from "../../frontend/src/store/types.ts";

const ID = "019a0000-0000-7000-8000-00000000000a";

function item(kind: string, more: Partial<Item> = {}): Item {
  const empty = { title: "", made: 0, photos: [], seen: [], state: "sending" as const, attempted: true, tries: 0, next: 0, trouble: null } satisfies Partial<Item>;
  return { ...empty, client_request_id: ID, kind, subject: "7KF2-M9QX-T3AB", language: "es", fields: [["text", "más & más"]], ...more };
}

test("a report is put at its own number with its photos in their order, the stamp and the phone's clock", () => {
  const photo = (hash: string): Item["photos"][number] => ({ id: hash, hash, size: 1, uploaded: true });
  const fields: [string, string][] = [["description", "a hole"], ["step", "words"], ["stamp", "old"], ["attribute[size]", "1"], ["attribute[size]", "2"]];
  const asked = adapterOf("report")!.ask(item("report", { subject: ID, fields, photos: [photo("bb"), photo("aa"), photo("bb")], seen: ["S"] }), "stamp", 0);
  assert.deepEqual([asked.method, asked.url, asked.type], ["PUT", `/outbox/${ID}?lang=es`, "application/json"]);
  assert.deepEqual(JSON.parse(String(asked.body)), {
    fields: [["description", "a hole"], ["attribute[size]", "1"], ["attribute[size]", "2"]],
    photos: ["bb", "aa"],
    stamp: "stamp",
    client_datetime: "1970-01-01T00:00:00.000Z",
    seen: ["S"],
  });
});

for (const [kind, path] of [["join", "join"], ["comment", "updates"], ["withdrawal", "withdrawal"], ["follow", "follow"], ["reopening", "reopening"]]) {
  test(`a ${kind} is posted as its form, with a number of its own`, () => {
    const asked = adapterOf(kind!)!.ask(item(kind!, { fields: [["text", "más & más"], ["client_request_id", "of the page"]] }), "", 0);
    assert.deepEqual([asked.method, asked.url, asked.type], ["POST", `/requests/7KF2-M9QX-T3AB/${path}?lang=es`, "application/x-www-form-urlencoded"]);
    assert.deepEqual([...new URLSearchParams(String(asked.body))], [["text", "más & más"], ["client_request_id", ID]]);
  });
}

test("a kind that this version does not know has no adapter, whatever it is called", () => {
  assert.equal(adapterOf("inspection"), undefined);
  assert.equal(adapterOf("constructor"), undefined);
});
