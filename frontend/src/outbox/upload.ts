/** An item's photos on their way, each by its hash and each once. */
import { findPhoto } from "../store/items.ts";
import type { Item } from "../store/types.ts";
import { ask } from "./answer.ts";
import type { Pass, Step } from "./pass.ts";
import { type Outcome, outcomeOf } from "./policy.ts";
import { current, write } from "./row.ts";
import { allOf } from "./turns.ts";

/** Sends what the city has not confirmed; "delivered" when it has all. */
export async function uploadAll(id: string, pass: Pass, stop: AbortSignal): Promise<Step> {
  const item = await current(id);
  const hashes = new Set(item?.photos.filter((photo) => !photo.uploaded).map((photo) => photo.hash));
  let worst: Step = { kind: "delivered", body: {} };
  const one = async (hash: string): Promise<void> => {
    if (worst?.kind !== "delivered") return;
    const outcome = await upload(id, hash, pass, stop);
    if (worst?.kind === "delivered") worst = outcome;
  };
  await allOf([...hashes].map((hash) => pass.uploads.run(() => one(hash))));
  return worst;
}

async function upload(id: string, hash: string, pass: Pass, stop: AbortSignal): Promise<Step> {
  const item = await current(id);
  const photo = item?.photos.find((one) => one.hash === hash);
  if (item?.state !== "sending" || !photo) return null;
  const kept = await findPhoto(photo.id);
  if (!kept) return gone(hash);
  const url = `/outbox/${id}/photos/${hash}?lang=${encodeURIComponent(item.language)}`;
  const answer = await ask({ method: "PUT", url, body: kept.bytes, type: kept.type || "application/octet-stream" }, stop);
  const outcome = outcomeOf(answer, id, Date.now());
  if (stop.aborted && outcome.kind !== "delivered") return null;
  pass.heard(outcome, answer);
  if (outcome.kind === "delivered") await write(id, "sending", (now) => marked(now, (other) => other === hash || null));
  return outcome;
}

/** The item with some photos marked as uploaded or not; `as` answers null for those that stay as they are. */
export function marked(item: Item, as: (hash: string) => boolean | null): Item {
  return { ...item, photos: item.photos.map((photo) => ({ ...photo, uploaded: as(photo.hash) ?? photo.uploaded })) };
}

/** A photo that is not on the phone any more: the person decides, the report is not sent without it. */
function gone(hash: string): Outcome {
  return { kind: "needs-you", trouble: { reason: "refused", status: 0, said: "", problems: [{ field: `photos[${hash}]`, message: "" }], at: Date.now() } };
}
