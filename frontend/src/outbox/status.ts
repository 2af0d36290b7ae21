/** What the city has of our items: asked once for up to fifty. */
import type { Receipt, Item } from "../store/types.ts";
import { type Answer, ask } from "./answer.ts";
import { type Body, isTexts } from "./policy.ts";

export const MOST = 50;

export interface Known {
  /** And not deleted again. */
  received: boolean;
  photos: string[];
  body: Body;
}

export interface Status {
  stamp: string;
  items: Map<string, Known>;
}

interface Told {
  stamp?: unknown;
  items?: unknown;
}

/** The status, or the answer that is none. */
export async function askStatus(ids: readonly string[], stop?: AbortSignal): Promise<Status | Answer> {
  const answer = await ask({ method: "GET", url: `/outbox?${ids.map((id) => `id=${id}`).join("&")}` }, stop);
  const told = answer.body as Told;
  if (answer.status !== 200 || typeof told.stamp !== "string" || !Array.isArray(told.items)) return answer;
  const items = new Map<string, Known>();
  for (const one of told.items as (Body & { received?: unknown; deleted?: unknown; photos?: unknown })[]) {
    if (typeof one.client_request_id !== "string") continue;
    items.set(one.client_request_id.toLowerCase(), { received: one.received === true && one.deleted !== true, photos: isTexts(one.photos) ? one.photos : [], body: one });
  }
  return { stamp: told.stamp, items };
}

export function isStatus(status: Status | Answer): status is Status {
  return "stamp" in status;
}

/** What is left of an item that the city has. */
export function receiptOf(item: Item, body: Body, sent: number): Receipt {
  const own = item.kind === "report" ? "" : item.subject;
  const number = typeof body.service_request_id === "string" && body.service_request_id ? body.service_request_id : own;
  return {
    client_request_id: item.client_request_id,
    kind: item.kind,
    title: item.title,
    service_request_id: number,
    url: isOurs(body.url) ? body.url : `/requests/${number}`,
    sent,
    likely: isTexts(body.likely_duplicates) ? body.likely_duplicates : [],
  };
}

/** A path on this host: never a link to elsewhere. */
function isOurs(url: unknown): url is string {
  return typeof url === "string" && /^\/(?![/\\])/.test(url);
}
