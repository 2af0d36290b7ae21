/** Asking for the list: the same filter as the map's. */
import { askFragment } from "../http.ts";
import type { Box } from "../map/types.ts";
import { sayNumber } from "../numbers.ts";
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

/** What of the list's address says: all within this box, as the map counts it at this zoom. */
export function inBox(box: Box, zoom: number): Record<string, string> {
  return { bbox: box.map((side) => side.toFixed(6)).join(","), z: String(Math.max(0, Math.floor(zoom))) };
}

/** Rejects when there is no answer within 10 seconds, or another than 2xx. */
export async function loadList(url: string, signal?: AbortSignal): Promise<Listed> {
  const answer = await askFragment(url, WAIT, signal);
  const total = answer.headers.get("X-Total");
  return { html: await answer.text(), total: total === null ? null : Number(total) };
}

/** A reader's focus stays at the same report, or goes to the first one: it must not fall out of the list. */
export function replaceList(body: HTMLElement, html: string): void {
  const at = body.querySelector<HTMLAnchorElement>("a:focus")?.href;
  body.innerHTML = html;
  if (at === undefined) return;
  const links = [...body.querySelectorAll<HTMLAnchorElement>("h3 a")];
  (links.find((link) => link.href === at) ?? links[0])?.focus();
}

/** "1,204 reports in view", in the page's language. `where`: "in_view" or "here". */
export function countOf(total: number | null, where: string): string {
  if (total === null) return say("list_unknown");
  const count = sayNumber(total);
  return say(`${where}_${total === 0 ? "none" : total === 1 ? "one" : "many"}`, { count });
}
