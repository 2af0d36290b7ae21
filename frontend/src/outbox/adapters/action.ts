/** Something done to a request that the city has: the form that its page posts, with a number of its own. */
import type { Item } from "../../store/types.ts";
import type { Adapter } from "./adapter.ts";

/** `path`: what stands after `/requests/{service_request_id}/`. */
export function action(path: string): Adapter {
  return {
    stamped: false,
    ask: (item: Item) => ({
      method: "POST",
      url: `/requests/${encodeURIComponent(item.subject)}/${path}?lang=${encodeURIComponent(item.language)}`,
      type: "application/x-www-form-urlencoded",
      body: new URLSearchParams([...item.fields.filter(([name]) => name !== "client_request_id"), ["client_request_id", item.client_request_id]]).toString(),
    }),
  };
}
