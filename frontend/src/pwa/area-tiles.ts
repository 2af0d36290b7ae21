/// <reference lib="webworker" />
/** The area that a person took along: its tiles, the map's own files and its page are answered from the phone. */
import { registerRoute } from "workbox-routing";
import { ABOUT, FILES, PAGE, TILES } from "../area/caches.ts";

declare const self: ServiceWorkerGlobalScope;
declare const AREA_FILES: { url: string; bytes: number; plain: number }[];
declare const AREA_VERSION: string;

const OURS = (): string => FILES + AREA_VERSION;
const PATIENCE_MS = 4000;
const WITHOUT_VARY = { ignoreVary: true };

/** Call it before the routes for pages and built files. */
export function serveAreas(): void {
  registerRoute(({ url, sameOrigin }) => sameOrigin && (url.pathname === ABOUT || url.pathname.startsWith("/tiles/basemap/")), ({ request }) => tile(request), "GET");
  registerRoute(({ request, url }) => request.mode === "navigate" && url.pathname === PAGE, ({ request }) => page(request), "GET");
  self.addEventListener("install", (event) => event.waitUntil(follow().catch(() => undefined)));
  self.addEventListener("activate", (event) => event.waitUntil(follow().then(dropOther).catch(() => undefined)));
  self.addEventListener("message", (event) => {
    const { type } = (event.data ?? {}) as { type?: string };
    if (type !== "area-files" && type !== "keep-area-files") return;
    const work = (type === "area-files" ? missing() : keep()).then((weight) => ({ weight })).catch(() => ({}));
    event.waitUntil(work.then((answer) => event.ports[0]?.postMessage(answer)));
  });
}

/** The kept tile; a refresh, which asks with "reload", goes past it. */
async function tile(request: Request): Promise<Response> {
  if (request.cache === "reload" || !(await caches.has(TILES))) return fetch(request);
  const kept = await (await caches.open(TILES)).match(request, WITHOUT_VARY);
  return kept ?? fetch(request);
}

async function page(request: Request): Promise<Response> {
  const kept = await caches.match(PAGE, WITHOUT_VARY);
  const answer = fetch(request).then(keepPage);
  try {
    const late = new Promise<Response>((_, failed) => setTimeout(failed, PATIENCE_MS));
    return await (kept ? Promise.race([answer, late]) : answer);
  } catch {
    return kept ?? (await caches.match("/offline", WITHOUT_VARY)) ?? Response.error();
  }
}

async function keepPage(answer: Response): Promise<Response> {
  const ours = answer.ok && answer.headers.has("x-request-id");
  if (ours && (await caches.has(OURS()))) await (await caches.open(OURS())).put(PAGE, answer.clone());
  return answer;
}

async function keep(): Promise<{ bytes: number; plain: number }> {
  const cache = await caches.open(OURS());
  const there = await kept(cache);
  await cache.addAll([...AREA_FILES.map(({ url }) => url).filter((url) => !there.includes(url)), PAGE]);
  return { bytes: 0, plain: 0 };
}

async function missing(): Promise<{ bytes: number; plain: number }> {
  const there = (await caches.has(OURS())) ? await kept(await caches.open(OURS())) : [];
  const files = AREA_FILES.filter(({ url }) => !there.includes(url));
  return { bytes: files.reduce((sum, file) => sum + file.bytes, 0), plain: files.reduce((sum, file) => sum + file.plain, 0) };
}

async function kept(cache: Cache): Promise<string[]> {
  return (await cache.keys()).map(({ url }) => new URL(url).pathname);
}

/** A new build's map is fetched with the build where an area was taken along: it must open without a network too. */
async function follow(): Promise<void> {
  if (await caches.has(TILES)) await keep();
}

async function dropOther(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(FILES) && name !== OURS());
  await Promise.all(others.map((name) => caches.delete(name)));
}
