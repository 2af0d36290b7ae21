/// <reference lib="webworker" />
/** The service worker: keeps the shell for when there is no network. It never touches a POST. */
import { setCacheNameDetails } from "workbox-core";
import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";
import { registerRoute } from "workbox-routing";
import { CacheFirst, NetworkFirst, StaleWhileRevalidate } from "workbox-strategies";
import { serveAreas } from "./pwa/area-tiles.ts";

declare const self: ServiceWorkerGlobalScope;
declare const PRECACHE: { url: string; revision: string | null }[];
declare const SHELL_VERSION: string;

const PAGES = `pages-${SHELL_VERSION}`;
const REPORT = "/report";
const OFFLINE = "/offline";

setCacheNameDetails({ prefix: "blockwise", suffix: "v1", precache: "precache", runtime: "runtime" });
cleanupOutdatedCaches();
precacheAndRoute(PRECACHE, { cleanURLs: false });
serveAreas();

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(PAGES).then((cache) => cache.addAll([REPORT, OFFLINE])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("pages-") && name !== PAGES).map((name) => caches.delete(name)))),
  );
});

self.addEventListener("message", (event) => {
  if ((event.data as { type?: string } | null)?.type === "SKIP_WAITING") void self.skipWaiting();
});

/** A draft is filled in from the phone itself; every other parameter is filled in by the server. */
function isBare(url: string): boolean {
  return [...new URL(url).searchParams.keys()].every((name) => name === "draft");
}

// The report page is kept under its bare address: what a link filled in belongs to that visit only, and is not kept.
const bare = {
  cacheKeyWillBeUsed: () => Promise.resolve(REPORT),
  cacheWillUpdate: ({ request, response }: { request: Request; response: Response }) => Promise.resolve(response.ok && isBare(request.url) ? response : null),
};
const report = new NetworkFirst({ cacheName: PAGES, networkTimeoutSeconds: 4, matchOptions: { ignoreVary: true }, plugins: [bare] });
registerRoute(({ request, url }) => request.mode === "navigate" && url.pathname === REPORT, report, "GET");

registerRoute(
  ({ request }) => request.mode === "navigate",
  async ({ request }) => {
    try {
      return await fetch(request);
    } catch {
      return (await caches.match(OFFLINE, { ignoreVary: true })) ?? Response.error();
    }
  },
  "GET",
);

registerRoute(({ url }) => url.pathname === "/report/catalogue", new StaleWhileRevalidate({ cacheName: "catalogue", matchOptions: { ignoreVary: true } }), "GET");
// Built files carry a hash of their content in their name.
registerRoute(({ url }) => url.origin === self.location.origin && url.pathname.startsWith("/static/build/"), async (options) => (await caches.match(options.request, { ignoreVary: true })) ?? new CacheFirst({ cacheName: "built" }).handle(options), "GET");
