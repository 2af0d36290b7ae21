/** One item on its way: photos, then the item itself, then what became of it. The row on disk is asked before each request. */
import type { Item } from "../store/types.ts";
import { adapterOf } from "./adapters/index.ts";
import { ask } from "./answer.ts";
import { stoppable } from "./changes.ts";
import type { Pass, Step } from "./pass.ts";
import { backOff, type Body, type Outcome, outcomeOf } from "./policy.ts";
import { finish, write, writeMany } from "./row.ts";
import { askStatus, isStatus, receiptOf } from "./status.ts";
import { marked, uploadAll } from "./upload.ts";

/** How often one pass begins again, when the city lacks a photo or the stamp is too old. */
const ROUNDS = 3;

/** Sends an item and writes down what became of it. Answers with the item when it has to wait, else with null. */
export function sendItem(item: Item, pass: Pass): Promise<Item | null> {
  return stoppable(item.client_request_id, pass.lost, async (stop) => {
    if (item.state === "deleting") return withdraw(item, pass, stop);
    const begun = await write(item.client_request_id, "waiting", (now) => ({ ...now, state: "sending" }));
    return begun ? settle(begun, await carry(begun, pass, stop)) : null;
  });
}

async function carry(item: Item, pass: Pass, stop: AbortSignal): Promise<Step> {
  let outcome: Step = null;
  for (let round = 0; round < ROUNDS; round++) {
    outcome = await uploadAll(item.client_request_id, pass, stop);
    if (outcome?.kind !== "delivered") return outcome;
    outcome = await final(item, pass, stop);
    if (outcome?.kind === "missing") await markMissing(item, outcome.hashes);
    else if (outcome?.kind === "stamp") await freshStamp(item, pass, stop);
    else return outcome;
  }
  return outcome;
}

/** The request that settles it. That it was begun is on disk before it is. */
async function final({ client_request_id: id, kind }: Item, pass: Pass, stop: AbortSignal): Promise<Step> {
  const adapter = adapterOf(kind);
  const item = await write(id, "sending", (now) => ({ ...now, attempted: true, stamp: now.stamp || pass.stamp }));
  if (!item || !adapter) return null;
  const answer = await ask(adapter.ask(item, pass.stamp, Date.now()), stop);
  const outcome = outcomeOf(answer, id, Date.now());
  if (stop.aborted && outcome.kind !== "delivered") return null;
  pass.heard(outcome, answer);
  return outcome;
}

async function freshStamp(item: Item, pass: Pass, stop: AbortSignal): Promise<void> {
  const status = await askStatus([item.client_request_id], stop);
  if (isStatus(status)) pass.stamp = status.stamp;
}

async function markMissing(item: Item, hashes: readonly string[]): Promise<void> {
  await write(item.client_request_id, "sending", (now) => marked(now, (hash) => (hashes.includes(hash) ? false : null)));
}

/**
 * A refusal that names what is wrong settles this try: the city has looked at it and not taken it. An earlier one, whose
 * answer was lost, may still be on its way. A refusal that names nothing may come from a gate before the city, to a
 * request that the browser has made again by itself after the first was taken.
 */
async function settle(item: Item, outcome: Step): Promise<Item | null> {
  const id = item.client_request_id;
  if (!outcome) return write(id, "sending", (now) => ({ ...now, state: "waiting" }));
  if (outcome.kind === "delivered") {
    await finish(id, "sending", receiptOf(item, outcome.body, Date.now()));
    return null;
  }
  if (outcome.kind !== "needs-you") return postpone(item, outcome);
  await write(id, "sending", (now) => ({ ...now, state: "needs-you", attempted: item.attempted || (now.attempted && !outcome.trouble.problems.length), tries: 0, next: 0, trouble: outcome.trouble }));
  return null;
}

/** Writes down that it was tried in vain, and when it is tried again. */
export function postpone(item: Item, outcome: Outcome): Promise<Item | null> {
  return write(item.client_request_id, null, (now) => postponed(now, outcome, item.state === "deleting"));
}

/** The same for many, that none was tried of. */
export function postponeAll(items: readonly Item[], outcome: Outcome): Promise<void> {
  const deleting = new Map(items.map((item) => [item.client_request_id, item.state === "deleting"]));
  return writeMany([...deleting.keys()], (now) => postponed(now, outcome, deleting.get(now.client_request_id) ?? false));
}

function postponed(now: Item, outcome: Outcome, deleting: boolean): Item | null {
  if (now.state === "needs-you" || (now.state === "deleting") !== deleting) return null;
  const server = { reason: "server" as const, status: 0, said: "", problems: [], at: Date.now() };
  const [trouble, after] = outcome.kind === "wait" ? [outcome.trouble, outcome.after] : [server, null];
  return { ...now, state: deleting ? "deleting" : "waiting", tries: now.tries + 1, next: Date.now() + backOff(now.tries + 1, after), trouble };
}

/** Tells the city to forget an item that it may have; gone from the phone only when the city has said that it is. */
async function withdraw(item: Item, pass: Pass, stop: AbortSignal): Promise<Item | null> {
  const id = item.client_request_id;
  const answer = await ask({ method: "DELETE", url: `/outbox/${id}`, ...(item.stamp ? { stamp: item.stamp } : {}) }, stop);
  const outcome = outcomeOf(answer, id, Date.now());
  pass.heard(outcome, answer);
  const body = answer.body as Body & { deleted?: unknown; received?: unknown; withdrawn?: unknown };
  if (outcome.kind !== "delivered" || body.deleted !== true) return postpone(item, outcome);
  const stays = body.received === true && body.withdrawn !== true;
  await finish(id, "deleting", stays ? { ...receiptOf(item, body, Date.now()), tooLate: true } : null);
  return null;
}
