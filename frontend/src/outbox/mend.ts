/** An item becomes a draft again. */
import { stepOf } from "../report/steps.ts";
import { firstTry } from "../store/drafts.ts";
import { backToDraft, findItem, takeOut } from "../store/items.ts";
import { findReceipt } from "../store/receipts.ts";
import type { Draft, Item } from "../store/types.ts";
import { changed } from "./changes.ts";
import { current } from "./row.ts";
import { askStatus, isStatus, receiptOf } from "./status.ts";
import { Unmendable } from "./unmendable.ts";

const PATIENCE = 8_000;

export async function mend(id: string): Promise<Draft> {
  const item = await current(id);
  if (!item) throw await missing(id);
  if (item.state === "sending" || item.state === "deleting") throw new Unmendable("sending");
  if (item.attempted) await refuseWhatArrived(item);
  const draft = await backToDraft(id, (now) => (now.state === "waiting" || now.state === "needs-you" ? draftOf(now) : null));
  changed();
  if (draft) return draft;
  throw (await findItem(id)) ? new Unmendable("sending") : await missing(id);
}

/** The city is asked; without a network nobody can say. */
async function refuseWhatArrived(item: Item): Promise<void> {
  const id = item.client_request_id;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE);
  const status = await askStatus([id], limit.signal);
  clearTimeout(timer);
  const known = isStatus(status) ? status.items.get(id.toLowerCase()) : undefined;
  if (!known?.received) return;
  const receipt = receiptOf(item, known.body, Date.now());
  await takeOut(id, receipt, (now) => now.state !== "deleting");
  changed();
  throw new Unmendable("sent", receipt);
}

async function missing(id: string): Promise<Unmendable> {
  const receipt = await findReceipt(id);
  return receipt ? new Unmendable("sent", receipt) : new Unmendable("gone");
}

function draftOf(item: Item): Draft {
  const problems = item.trouble?.problems ?? [];
  return {
    client_request_id: item.client_request_id,
    saved: Date.now(),
    step: problems[0] ? stepOf(problems[0].field) : "words",
    fields: item.fields,
    photos: item.photos.map((photo) => photo.id),
    addressTyped: true,
    title: item.title,
    problems,
    seen: item.seen,
    ...firstTry(item),
  };
}
