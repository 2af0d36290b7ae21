/** Sends what waits: one sender over all tabs and the service worker. Uses no DOM. */
import { hear, say } from "./changes.ts";
import { alone } from "./lock.ts";
import { Flow } from "./flow.ts";
import { nextTime } from "./order.ts";
import type { Pass } from "./pass.ts";
import { backOff, isDue } from "./policy.ts";
import { sendable, write } from "./row.ts";
import { Turns } from "./turns.ts";

/** A browser opens six connections to a host: photos take five, so that what is small need not wait for them. */
const UPLOADS = 5;
/** More than uploads: while a report waits for its answer, the photos of the next are on their way. */
const CHAINS = 8;

let queued: Promise<void> | undefined;
let everything = false;
let failures = 0;
let pausedUntil = 0;
/** Tells the pass that this tab runs; null while it runs none. */
let nudge: ((all: boolean) => void) | null = null;

/**
 * One pass over what is due; resolves when it is done. Asked for while another runs, here or in another tab, that one
 * takes up at once what is new, and this one looks again after it. Rejects when the phone's store cannot be had.
 */
export function drain(): Promise<void> {
  say({ type: "wake", all: everything });
  nudge?.(everything);
  queued ??= alone(async (lost) => {
    // Node calls this before `request` has returned.
    await undefined;
    queued = undefined;
    const all = everything;
    everything = false;
    return send(all, lost);
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

async function send(all: boolean, lost: AbortSignal): Promise<void> {
  if (all) pausedUntil = 0;
  await takeOver();
  const pass = begin(lost);
  const flow = new Flow(pass, all);
  const wake = (everything: boolean): void => {
    if (everything) pausedUntil = 0;
    flow.wake(everything);
  };
  const unhear = hear("wake", (news) => news.type === "wake" && wake(news.all));
  nudge = wake;
  try {
    await flow.run();
  } finally {
    if (nudge === wake) nudge = null;
    unhear();
  }
}

/** We hold the lock: whoever was sending these is gone, and may have got them through. */
async function takeOver(): Promise<void> {
  const left = (await sendable()).filter((item) => item.state === "sending");
  for (const { client_request_id } of left) await write(client_request_id, "sending", (item) => ({ ...item, state: "waiting", attempted: true }));
}

/** What several rounds of a pass find out at once is one failure. */
function pause(after: number | null): void {
  const now = Date.now();
  if (isDue(pausedUntil, now)) pausedUntil = now + backOff(++failures, after);
  else pausedUntil = Math.max(pausedUntil, now + backOff(0, after));
}

function begin(lost: AbortSignal): Pass {
  return {
    stamp: "",
    chains: new Turns(CHAINS),
    uploads: new Turns(UPLOADS),
    lost,
    goesOn: () => !lost.aborted && isDue(pausedUntil, Date.now()),
    // A dead network, or a city that asks for a pause, ends the pass; any answer shows that the network is there.
    heard(outcome, { status }) {
      if (outcome.kind === "wait" && outcome.pause) pause(outcome.after);
      else if (status > 0) failures = 0;
    },
  };
}
