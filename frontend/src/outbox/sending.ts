/** One item on its way: photos, then the item itself, then what became of it. The row on disk is asked before each request. */
import { changeItem, findItem, findPhoto, takeOut } from "../store/items.ts";
import type { Item } from "../store/types.ts";
import { adapterOf } from "./adapters/index.ts";
import { type Answer, ask } from "./answer.ts";
import { changed, stoppable } from "./changes.ts";
import { backOff, type Body, type Outcome, outcomeOf } from "./policy.ts";
import { askStatus, isStatus, receiptOf } from "./status.ts";
import { allOf, type Turns } from "./turns.ts";

/** What the items of one pass share. */
export interface Pass {
  stamp: string;
  uploads: Turns;
  /** Ends when another tab has taken the lock away. */
  lost: AbortSignal;
  /** Called with each outcome: a dead network ends the pass. */
  heard(outcome: Outcome, answer: Answer): void;
}

/** How often one pass begins again, when the city lacks a photo or the stamp is too old. */
const ROUNDS = 3;

/** Null when the item was stopped: deleted meanwhile, here or in another tab. */
type Step = Outcome | null;

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
    outcome = await uploadAll(item, pass, stop);
    if (outcome?.kind !== "delivered") return outcome;
    outcome = await final(item, pass, stop);
    if (outcome?.kind === "missing") await markMissing(item, outcome.hashes);
    else if (outcome?.kind === "stamp") await freshStamp(item, pass, stop);
    else return outcome;
  }
  return outcome;
}

/** Sends what the city has not confirmed; "delivered" when it has all. */
async function uploadAll({ client_request_id }: Item, pass: Pass, stop: AbortSignal): Promise<Step> {
  const item = await findItem(client_request_id);
  const hashes = new Set(item?.photos.filter((photo) => !photo.uploaded).map((photo) => photo.hash));
  let worst: Step = { kind: "delivered", body: {} };
  const one = async (hash: string): Promise<void> => {
    if (worst?.kind !== "delivered") return;
    const outcome = await upload(client_request_id, hash, pass, stop);
    if (worst?.kind === "delivered") worst = outcome;
  };
  await allOf([...hashes].map((hash) => pass.uploads.run(() => one(hash))));
  return worst;
}

async function upload(id: string, hash: string, pass: Pass, stop: AbortSignal): Promise<Step> {
  const item = await findItem(id);
  const photo = item?.photos.find((one) => one.hash === hash);
  if (item?.state !== "sending" || !photo) return null;
  const kept = await findPhoto(photo.id);
  if (!kept) return gone(hash);
  const url = `/outbox/${id}/photos/${hash}?lang=${encodeURIComponent(item.language)}`;
  const outcome = await tell(id, pass, stop, await ask({ method: "PUT", url, body: kept.bytes, type: kept.type || "application/octet-stream" }, stop));
  if (outcome?.kind === "delivered") await write(id, "sending", (now) => marked(now, (other) => other === hash || null));
  return outcome;
}

/** The request that settles it. That it was begun is on disk before it is. */
async function final({ client_request_id, kind }: Item, pass: Pass, stop: AbortSignal): Promise<Step> {
  const adapter = adapterOf(kind);
  const item = await write(client_request_id, "sending", (now) => ({ ...now, attempted: true }));
  if (!item || !adapter) return null;
  return tell(client_request_id, pass, stop, await ask(adapter.ask(item, pass.stamp, Date.now()), stop));
}

function tell(id: string, pass: Pass, stop: AbortSignal, answer: Answer): Step {
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

/** The item with some photos marked as uploaded or not; `as` answers null for those that stay as they are. */
export function marked(item: Item, as: (hash: string) => boolean | null): Item {
  return { ...item, photos: item.photos.map((photo) => ({ ...photo, uploaded: as(photo.hash) ?? photo.uploaded })) };
}

async function settle(item: Item, outcome: Step): Promise<Item | null> {
  const id = item.client_request_id;
  if (!outcome) return write(id, "sending", (now) => ({ ...now, state: "waiting" }));
  if (outcome.kind === "delivered") {
    await takeOut(id, receiptOf(item, outcome.body, Date.now()), (now) => now.state === "sending");
    changed();
    return null;
  }
  if (outcome.kind === "needs-you") {
    await write(id, "sending", (now) => ({ ...now, state: "needs-you", attempted: false, tries: 0, next: 0, trouble: outcome.trouble }));
    return null;
  }
  return postpone(item, outcome);
}

/** Writes down that it was tried in vain, and when it is tried again. */
export function postpone(item: Item, outcome: Outcome): Promise<Item | null> {
  const server = { reason: "server" as const, status: 0, said: "", problems: [], at: Date.now() };
  return write(item.client_request_id, null, (now) => {
    if (now.state === "needs-you" || (now.state === "deleting") !== (item.state === "deleting")) return null;
    const tries = now.tries + 1;
    const after = outcome.kind === "wait" ? outcome.after : null;
    const trouble = outcome.kind === "wait" ? outcome.trouble : server;
    return { ...now, state: item.state === "deleting" ? "deleting" : "waiting", tries, next: Date.now() + backOff(tries, after), trouble };
  });
}

/** Tells the city to forget an item that it may have; gone from the phone only when the city has said that it is. */
async function withdraw(item: Item, pass: Pass, stop: AbortSignal): Promise<Item | null> {
  const id = item.client_request_id;
  const answer = await ask({ method: "DELETE", url: `/outbox/${id}` }, stop);
  const outcome = outcomeOf(answer, id, Date.now());
  pass.heard(outcome, answer);
  const body = answer.body as Body & { deleted?: unknown; received?: unknown; withdrawn?: unknown };
  if (outcome.kind !== "delivered" || body.deleted !== true) return postpone(item, outcome);
  const stays = body.received === true && body.withdrawn !== true;
  await takeOut(id, stays ? { ...receiptOf(item, body, Date.now()), tooLate: true } : null);
  changed();
  return null;
}

/** A photo that is not on the phone any more: the person decides, the report is not sent without it. */
function gone(hash: string): Outcome {
  return { kind: "needs-you", trouble: { reason: "refused", status: 0, said: "", problems: [{ field: `photos[${hash}]`, message: "" }], at: Date.now() } };
}

async function write(id: string, state: Item["state"] | null, mend: (item: Item) => Item | null): Promise<Item | null> {
  const written = await changeItem(id, (item) => (state === null || item.state === state ? mend(item) : null));
  if (written) changed();
  return written;
}
