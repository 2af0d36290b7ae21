/** Up to fifty items: the city is asked what it has of them, and gets the rest. */
import type { Item } from "../store/types.ts";
import type { Answer } from "./answer.ts";
import type { Pass } from "./pass.ts";
import { holdsUp, type Outcome, outcomeOf } from "./policy.ts";
import { finish, write } from "./row.ts";
import { postponeAll, sendItem } from "./sending.ts";
import { askStatus, isStatus, type Known, MOST, receiptOf } from "./status.ts";
import { allOf } from "./turns.ts";
import { marked } from "./upload.ts";

/** As many as one status call can name. */
export function firstOf(due: readonly Item[][]): Item[][] {
  let room = MOST;
  const first: Item[][] = [];
  for (const chain of due) {
    if (room === 0) break;
    first.push(chain.slice(0, room));
    room -= Math.min(chain.length, room);
  }
  return first;
}

export async function sendRound(due: Item[][], pass: Pass): Promise<void> {
  const status = await askStatus(due.flat().map((item) => item.client_request_id), pass.lost);
  if (isStatus(status)) {
    pass.stamp = status.stamp;
    return sendChains(due, pass, status.items);
  }
  if (pass.lost.aborted) return;
  const outcome = asWait(status);
  pass.heard(outcome, status);
  const rest = status.status >= 500 ? await withoutOne(due, pass) : due;
  await postponeAll(rest.flat(), outcome);
}

/**
 * The status call breaks the server: perhaps because of one item alone. One of them, by chance, is sent without it, and
 * the others when that goes well. Answers with those that were not tried.
 */
async function withoutOne(due: Item[][], pass: Pass): Promise<Item[][]> {
  const rest = [...due];
  const [first] = rest.splice(Math.floor(Math.random() * rest.length), 1);
  if (!first || !rest.length) return due;
  if (await sendChain(first, pass, new Map())) return rest;
  await sendChains(rest, pass, new Map());
  return [];
}

async function sendChains(due: Item[][], pass: Pass, known: Map<string, Known>): Promise<void> {
  await allOf(due.map((chain) => pass.chains.run(() => sendChain(chain, pass, known))));
}

/** Sends a chain as far as it goes. Answers with the item that could not be sent, or null. */
async function sendChain(chain: readonly Item[], pass: Pass, known: Map<string, Known>): Promise<Item | null> {
  let left: Item | null = null;
  for (const item of chain) {
    if (!pass.goesOn()) return item;
    if (await isThere(item, known.get(item.client_request_id.toLowerCase()))) continue;
    left = (await sendItem(item, pass)) ?? left;
    if (left && holdsUp(left)) return left;
  }
  return left;
}

/** Takes what the city says of an item; true when it has it all, so that nothing is to be sent. */
async function isThere(item: Item, known: Known | undefined): Promise<boolean> {
  if (!known || item.state === "deleting") return false;
  const id = item.client_request_id;
  if (known.received) {
    await finish(id, "waiting", receiptOf(item, known.body, Date.now()));
    return true;
  }
  const wrong = item.photos.some((photo) => photo.uploaded !== known.photos.includes(photo.hash));
  if (wrong) await write(id, "waiting", (now) => marked(now, (hash) => known.photos.includes(hash)));
  return false;
}

/** Any answer to the status call but the status itself leaves everything waiting. */
function asWait(answer: Answer): Outcome & { kind: "wait" } {
  const outcome = outcomeOf(answer, "", Date.now());
  if (outcome.kind === "wait") return outcome;
  return { kind: "wait", trouble: { reason: "server", status: answer.status, said: "", problems: [], at: Date.now() }, pause: false, after: null };
}
