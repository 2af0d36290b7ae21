/// <reference lib="webworker" />
/** The service worker: keeps what a phone needs without a network. Of our POSTs it takes what another app shares, and no other. */
import { setCacheNameDetails } from "workbox-core";
import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";
import { registerRoute } from "workbox-routing";
import { StaleWhileRevalidate } from "workbox-strategies";
import { serveAreas } from "./pwa/area-tiles.ts";
import { builtFile, dropOtherBuilds } from "./pwa/built.ts";
import { clearCaches } from "./pwa/forget-caches.ts";
import { freshen } from "./pwa/freshen.ts";
import { keptSoFar } from "./pwa/under-way.ts";
import { keepMap } from "./pwa/map-page.ts";
import { CATALOGUE, SHELL } from "./pwa/names.ts";
import { noticesOnMap, ON_MAP } from "./pwa/notices.ts";
import { keptPhoto } from "./pwa/own.ts";
import { openPage } from "./pwa/pages.ts";
import { answerPush } from "./pwa/push.ts";
import { takeShared } from "./pwa/share.ts";
import { fetchShell } from "./pwa/shell.ts";
import { lastSent, onSync } from "./pwa/sync.ts";
import { mayTakeOver } from "./pwa/take-over.ts";

declare const self: ServiceWorkerGlobalScope;
declare const PRECACHE: { url: string; revision: string | null }[];

setCacheNameDetails({ prefix: "blockwise", suffix: "v1", precache: "precache", runtime: "runtime" });
cleanupOutdatedCaches();
precacheAndRoute(PRECACHE, { cleanURLs: false, directoryIndex: "" });
serveAreas();
answerPush();

self.addEventListener("install", (event) => {
  event.waitUntil(fetchShell());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([dropOldShells(), dropOtherBuilds(), self.clients.claim()]));
});

async function dropOldShells(): Promise<void> {
  const old = (await caches.keys()).filter((name) => /^(shell|pages)-/.test(name) && name !== SHELL());
  await Promise.all(old.map((name) => caches.delete(name)));
}

self.addEventListener("message", (event) => {
  const { type } = (event.data ?? {}) as { type?: string };
  if (type === "freshen") event.waitUntil(lastSent().then(freshen).catch(() => undefined));
  if (type === "forgotten") event.waitUntil(keptSoFar().then(clearCaches));
  if (type === "keep-map") event.waitUntil(keepMap().catch(() => undefined));
  if (type === "SKIP_WAITING") event.waitUntil(takeOver(event.source as Client | null));
});

/** Puts a new version in place when the person has said so, and nobody is in the middle of anything. */
async function takeOver(asked: Client | null): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (await mayTakeOver(pages.map(({ url }) => url))) await self.skipWaiting();
  else asked?.postMessage({ type: "not-now" });
}

self.addEventListener("sync", (event) => onSync(event as ExtendableEvent & { tag: string }));

registerRoute(({ request }) => request.mode === "navigate", ({ event, request }) => openPage(event, request), "GET");
registerRoute(({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith("/static/build/"), ({ request }) => builtFile(request), "GET");
registerRoute(({ url, sameOrigin }) => sameOrigin && url.pathname === "/report/catalogue", new StaleWhileRevalidate({ cacheName: CATALOGUE, matchOptions: { ignoreVary: true } }), "GET");
registerRoute(({ url, sameOrigin }) => sameOrigin && /\/photos\/\d+\/[\w-]+\.webp$/.test(url.pathname), ({ request, url }) => fetch(request).catch(async () => (await keptPhoto(url.pathname)) ?? Response.error()), "GET");
registerRoute(({ url, sameOrigin }) => sameOrigin && url.pathname === ON_MAP, ({ request }) => noticesOnMap(request), "GET");
registerRoute(({ url, sameOrigin }) => sameOrigin && url.pathname === "/report/share", ({ request }) => takeShared(request), "POST");
