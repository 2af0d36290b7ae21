/** Asking for the list: the same filter as the map's. */
import { say } from "../words.ts";
import { filterQuery, type MapState, readable } from "./state.ts";

export interface Listed {
  html: string;
  total: number | null;
}

const WAIT = 10_000;

export function listUrl({ filter }: MapState, where: Record<string, string>): string {
  const query = filterQuery(filter);
  for (const [name, value] of Object.entries(where)) query.set(name, value);
  return `/map/requests?${readable(query)}`;
}

/** Rejects when there is no answer within 10 seconds, or another than 2xx. */
export async function loadList(url: string, signal?: AbortSignal): Promise<Listed> {
  const limit = AbortSignal.timeout(WAIT);
  const answer = await fetch(url, { headers: { Accept: "text/html", "HX-Request": "true" }, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (!answer.ok) throw new Error(String(answer.status));
  const total = answer.headers.get("X-Total");
  return { html: await answer.text(), total: total === null ? null : Number(total) };
}

/** "1,204 reports in view", in the page's language. `where`: "in_view" or "here". */
export function countOf(total: number | null, where: string): string {
  if (total === null) return say("list_unknown");
  const count = new Intl.NumberFormat(document.documentElement.lang).format(total);
  return say(`${where}_${total === 0 ? "none" : total === 1 ? "one" : "many"}`, { count });
}
