/** Sends what waits: one sender over all tabs and the service worker. Uses no DOM. */
import { allItems, changeItem, changeItems, takeOut } from "../store/items.ts";
import type { Item } from "../store/types.ts";
import { adapterOf } from "./adapters/index.ts";
import { changed } from "./changes.ts";
import { alone } from "./lock.ts";
import { chains, nextTime } from "./order.ts";
import { backOff, holdsUp, isDue, type Outcome, outcomeOf } from "./policy.ts";
import { marked, type Pass, postpone, sendItem } from "./sending.ts";
import { askStatus, isStatus, type Known, MOST, receiptOf } from "./status.ts";
import { allOf, Turns } from "./turns.ts";

const UPLOADS = 3;
/** One more than uploads: the link is busy while an item waits for its last answer. */
const CHAINS = 4;

let queued: Promise<void> | undefined;
let everything = false;
let failures = 0;
let pausedUntil = 0;

/**
 * One pass over what is due; resolves when it is done. Asked for while another runs, here or in another tab, it runs
 * after that one. Rejects when the phone's store cannot be had.
 */
export function drain(): Promise<void> {
  queued ??= alone(async (lost) => {
    // Node calls this before `request` has returned.
    await undefined;
    queued = undefined;
    const all = everything;
    everything = false;
    return pass(all, lost);
  });
  return queued;
}

/** The same, and what waits for its next try is due too. */
export function drainAll(): Promise<void> {
  everything = true;
  return drain();
}

/** Ends the pause after a dead network: what is due is tried at once. */
export function resume(): Promise<void> {
  pausedUntil = 0;
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

async function sendable(): Promise<Item[]> {
  return (await allItems()).filter((item) => adapterOf(item.kind));
}

async function pass(all: boolean, lost: AbortSignal): Promise<void> {
  if (all) pausedUntil = 0;
  await takeOver();
  const tried = new Set<string>();
  const sending: Pass = { stamp: "", uploads: new Turns(UPLOADS), lost, heard: (outcome, answer) => heard(outcome, answer.status > 0) };
  while (goesOn(sending)) {
    const items = (await sendable()).filter((item) => !tried.has(item.client_request_id));
    const due = firstOf(chains(items, Date.now(), all));
    if (!due.length) return;
    for (const item of due.flat()) tried.add(item.client_request_id);
    await round(due, sending);
  }
}

function goesOn({ lost }: Pass): boolean {
  return !lost.aborted && isDue(pausedUntil, Date.now());
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

async function round(due: Item[][], sending: Pass): Promise<void> {
  const status = await askStatus(due.flat().map((item) => item.client_request_id), sending.lost);
  if (isStatus(status)) {
    failures = 0;
    sending.stamp = status.stamp;
    return sendChains(due, sending, status.items);
  }
  if (sending.lost.aborted) return;
  const outcome = asWait(outcomeOf(status, "", Date.now()));
  heard(outcome, status.status > 0);
  const rest = status.status >= 500 ? await withoutOne(due, sending) : due;
  for (const item of rest.flat()) await postpone(item, outcome);
}

/**
 * The status call breaks the server: perhaps because of one item alone. One of them, by chance, is sent without it, and
 * the others when that goes well. Answers with those that were not tried.
 */
async function withoutOne(due: Item[][], sending: Pass): Promise<Item[][]> {
  const rest = [...due];
  const [first] = rest.splice(Math.floor(Math.random() * rest.length), 1);
  if (!first || !rest.length || (await sendChain(first, sending, new Map()))) return rest.length ? rest : due;
  await sendChains(rest, sending, new Map());
  return [];
}

async function sendChains(due: Item[][], sending: Pass, known: Map<string, Known>): Promise<void> {
  const line = new Turns(CHAINS);
  await allOf(due.map((chain) => line.run(() => sendChain(chain, sending, known))));
}

/** Sends a chain as far as it goes. Answers with the item that could not be sent, or null. */
async function sendChain(chain: readonly Item[], sending: Pass, known: Map<string, Known>): Promise<Item | null> {
  let left: Item | null = null;
  for (const item of chain) {
    if (!goesOn(sending)) return item;
    if (await isThere(item, known.get(item.client_request_id.toLowerCase()))) continue;
    left = (await sendItem(item, sending)) ?? left;
    if (left && holdsUp(left)) return left;
  }
  return left;
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
