/** What pages and the service worker share about messages: how many are unread, as the phone last heard, and the person's wish. */
import { TOLD } from "./names.ts";

const AT = "/unread";
const WISH = "/wish";

export async function unread(): Promise<number> {
  if (!("caches" in globalThis) || !(await caches.has(TOLD))) return 0;
  const kept = await (await caches.open(TOLD)).match(AT);
  return wholeNumber(await kept?.text());
}

export async function keepUnread(count: number): Promise<void> {
  if (!("caches" in globalThis)) return;
  if (count === 0 && !(await caches.has(TOLD))) return;
  await (await caches.open(TOLD)).put(AT, new Response(String(wholeNumber(count))));
}

/** Whether the person wants messages on this phone: an address that the browser has lost is then asked for anew. */
export async function isWanted(): Promise<boolean> {
  if (!("caches" in globalThis) || !(await caches.has(TOLD))) return false;
  return (await (await caches.open(TOLD)).match(WISH)) !== undefined;
}

export async function keepWish(wanted: boolean): Promise<void> {
  if (!("caches" in globalThis) || (!wanted && !(await caches.has(TOLD)))) return;
  const cache = await caches.open(TOLD);
  await (wanted ? cache.put(WISH, new Response("yes")) : cache.delete(WISH));
}

/** What is no count is none. */
export function wholeNumber(given: unknown): number {
  const count = Math.floor(Number(given));
  return count > 0 && Number.isFinite(count) ? count : 0;
}
