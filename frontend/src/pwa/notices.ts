/** Emergency notices that a phone keeps: the banner, the pages that it leads to, and the places on the map. */
import { isPage, keep } from "./kept.ts";
import { NOTICES } from "./names.ts";

export const BANNER = "/announcements/banner";
export const ON_MAP = "/announcements.geojson";
const LIST = "/announcements";
const LINK = /href="(\/announcements\/\d+)"/g;
const PATIENCE_MS = 8000;
const WITHOUT_VARY = { ignoreVary: true };

export function isNotice(path: string): boolean {
  return path === LIST || /^\/announcements\/\d+$/.test(path);
}

/** The pages that a banner leads to. */
export function linkedIn(html: string): string[] {
  return [...new Set([...html.matchAll(LINK)].map(([, path]) => path!))];
}

/** Asks the city for the banner, and keeps it with all that it leads to. Rejects where there is no answer of ours. */
export async function fetchNotices(): Promise<string> {
  const answer = await fetch(BANNER, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!isPage(answer)) throw new Error("No banner was to be had.");
  const html = await answer.clone().text();
  if ("caches" in globalThis) await keepAll(answer, html);
  return html;
}

/** The banner as it was last heard of; "" when there was none. */
export async function keptBanner(): Promise<string> {
  if (!("caches" in globalThis)) return "";
  return (await (await caches.match(BANNER, { ...WITHOUT_VARY, cacheName: NOTICES }))?.text()) ?? "";
}

async function keepAll(banner: Response, html: string): Promise<void> {
  const cache = await caches.open(NOTICES);
  await keep(cache, BANNER, banner);
  const linked = linkedIn(html);
  const wanted = linked.length ? [LIST, ...linked] : [];
  // Each by itself: one that does not come is no reason to have none.
  await Promise.allSettled(wanted.map(async (path) => {
    const page = await fetch(path);
    if (isPage(page)) await keep(cache, path, page);
  }));
  await keepPlaces(cache, linked.length > 0);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (isNotice(pathname) && !wanted.includes(pathname)) await cache.delete(request);
  }
}

async function keepPlaces(cache: Cache, wanted: boolean): Promise<void> {
  if (!wanted) return void (await cache.delete(ON_MAP, WITHOUT_VARY));
  const places = await fetch(ON_MAP, { cache: "no-cache" }).catch(() => null);
  if (places?.ok) await cache.put(ON_MAP, places);
}

/** A kept page of a notice, for when there is no network; the service worker adds the line that says how old it is. */
export async function keptNotice(path: string): Promise<Response | undefined> {
  return caches.match(path, { ...WITHOUT_VARY, cacheName: NOTICES });
}

/** What lies on the map, from the network or as it was kept. */
export async function noticesOnMap(request: Request): Promise<Response> {
  return fetch(request).catch(async () => (await keptNotice(ON_MAP)) ?? Response.error());
}
