/** A report: PUT at its own number, with the hashes of its photos. */
import type { Item } from "../../store/types.ts";
import type { Adapter } from "./adapter.ts";

/** What steers the page, or is said in another way. */
const LEFT_OUT = ["step", "at", "do", "place", "kind_choice", "place_q", "kind_q", "media", "photo", "stamp", "client_request_id"];

export const report: Adapter = {
  stamped: true,
  ask: (item: Item, stamp: string, now: number) => ({
    method: "PUT",
    url: `/outbox/${item.client_request_id}?lang=${encodeURIComponent(item.language)}`,
    type: "application/json",
    body: JSON.stringify({
      fields: item.fields.filter(([name]) => !LEFT_OUT.includes(name)),
      photos: [...new Set(item.photos.map((photo) => photo.hash))],
      stamp,
      client_datetime: new Date(now).toISOString(),
      seen: item.seen,
    }),
  }),
};
