/** Sends what waits: one sender over all tabs and the service worker. Uses no DOM. */
import { allItems, changeItem, changeItems, takeOut } from "../store/items.ts";
import type { Item } from "../store/types.ts";
import { adapterOf } from "./adapters/index.ts";
import { changed, NAME } from "./changes.ts";
import { chains, nextTime } from "./order.ts";
import { backOff, holdsUp, isDue, type Outcome, outcomeOf } from "./policy.ts";
import { marked, type Pass, postpone, sendItem } from "./sending.ts";
import { askStatus, isStatus, type Known, MOST, receiptOf } from "./status.ts";
import { Turns } from "./turns.ts";

const UPLOADS = 3;
/** One more than uploads: the link is busy while an item waits for its last answer. */
const CHAINS = 4;

let queued: Promise<void> | undefined;
let last: Promise<void> = Promise.resolve();
let everything = false;
let failures = 0;
let pausedUntil = 0;

/**
 * One pass over what is due; resolves when it is done. Asked for while another runs, here or in another tab, it runs
 * after that one. Rejects when the phone's store cannot be had.
 */
export function drain(): Promise<void> {
  queued ??= alone(async () => {
    // Node calls this before `request` has returned.
    await undefined;
    queued = undefined;
    const all = everything;
    everything = false;
    return pass(all);
  });
  return queued;
}

/** The same, and what waits for its next try is due too. */
export function drainAll(): Promise<void> {
  everything = true;
  return drain();
}

/** How many items wait for the network; those that wait for a person are not among them. */
export async function waiting(): Promise<number> {
  return (await sendable()).filter((item) => item.state !== "needs-you").length;
}

/** When this tab should look again, in milliseconds since 1970; null for never. */
export async function nextPass(now: number): Promise<number | null> {
  const next = nextTime(await sendable(), now);
  return next === null || isDue(pausedUntil, now) ? next : Math.max(next, pausedUntil);
}

function alone(work: () => Promise<void>): Promise<void> {
  if (navigator.locks) return navigator.locks.request(NAME, work);
  last = last.then(work, work);
  return last;
}

async function sendable(): Promise<Item[]> {
  return (await allItems()).filter((item) => adapterOf(item.kind));
}

async function pass(all: boolean): Promise<void> {
  if (all) pausedUntil = 0;
  await takeOver();
  const tried = new Set<string>();
  while (isDue(pausedUntil, Date.now())) {
    const items = (await sendable()).filter((item) => !tried.has(item.client_request_id));
    const due = firstOf(chains(items, Date.now(), all));
    if (!due.length) return;
    for (const item of due.flat()) tried.add(item.client_request_id);
    await round(due);
  }
}

/** We hold the lock: whoever was sending these is gone, and may have got them through. */
async function takeOver(): Promise<void> {
  const found = await changeItems((item) => (item.state === "sending" ? { ...item, state: "waiting", attempted: true } : null));
  if (found) changed();
}

/** As many as one status call can name. */
function firstOf(due: readonly Item[][]): Item[][] {
  let room = MOST;
  const first: Item[][] = [];
  for (const chain of due) {
    if (room === 0) break;
    first.push(chain.slice(0, room));
    room -= Math.min(chain.length, room);
  }
  return first;
}

async function round(due: Item[][]): Promise<void> {
  const items = due.flat();
  const status = await askStatus(items.map((item) => item.client_request_id));
  if (!isStatus(status)) {
    const outcome = asWait(outcomeOf(status, "", Date.now()));
    heard(outcome, status.status > 0);
    for (const item of items) await postpone(item, outcome);
    return;
  }
  failures = 0;
  const sending: Pass = { stamp: status.stamp, uploads: new Turns(UPLOADS), heard: (outcome, answer) => heard(outcome, answer.status > 0) };
  const line = new Turns(CHAINS);
  await Promise.all(due.map((chain) => line.run(() => sendChain(chain, sending, status.items))));
}

async function sendChain(chain: readonly Item[], sending: Pass, known: Map<string, Known>): Promise<void> {
  for (const item of chain) {
    if (!isDue(pausedUntil, Date.now())) return;
    if (await isThere(item, known.get(item.client_request_id.toLowerCase()))) continue;
    const left = await sendItem(item, sending);
    if (left && holdsUp(left)) return;
  }
}

/** Takes what the city says of an item; true when it has it all, so that nothing is to be sent. */
async function isThere(item: Item, known: Known | undefined): Promise<boolean> {
  if (!known || item.state === "deleting") return false;
  const id = item.client_request_id;
  if (known.received) {
    const taken = await takeOut(id, receiptOf(item, known.body, Date.now()), (now) => now.state === "waiting");
    if (taken) changed();
    return true;
  }
  const wrong = item.photos.some((photo) => photo.uploaded !== known.photos.includes(photo.hash));
  if (wrong) await changeItem(id, (now) => (now.state === "waiting" ? marked(now, (hash) => known.photos.includes(hash)) : null));
  return false;
}

/** Any answer to the status call but the status itself leaves everything waiting. */
function asWait(outcome: Outcome): Outcome & { kind: "wait" } {
  if (outcome.kind === "wait") return outcome;
  return { kind: "wait", trouble: { reason: "server", status: 0, said: "", problems: [], at: Date.now() }, pause: false, after: null };
}

/** A dead network, or a city that asks for a pause, ends the pass; any answer shows that the network is there. */
function heard(outcome: Outcome, answered: boolean): void {
  if (outcome.kind === "wait" && outcome.pause) pausedUntil = Date.now() + backOff(++failures, outcome.after);
  else if (answered) failures = 0;
}
