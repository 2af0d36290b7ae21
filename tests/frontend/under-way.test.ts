import assert from "node:assert/strict";
import { test } from "node:test";
import { keeping, keptSoFar } from "../../frontend/src/pwa/under-way.ts";

test("who forgets waits for what is being kept, and not for what begins later", async () => {
  const ended: string[] = [];
  let end = (): void => undefined;
  void keeping(new Promise<void>((done) => (end = done)).then(() => void ended.push("page")));
  keeping(Promise.reject(new Error("no network"))).catch(() => ended.push("failed"));
  const waiting = keptSoFar().then(() => ended.push("wiped"));
  void keeping(new Promise(() => undefined));
  await new Promise((done) => setTimeout(done, 5));
  assert.deepEqual(ended, ["failed"]);
  end();
  await waiting;
  assert.deepEqual(ended, ["failed", "page", "wiped"]);
});
