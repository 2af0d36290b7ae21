/** The banner above the page: the newest that this phone has heard of, and each notice only as long as it holds. */
import { MAP } from "./names.ts";
import { fetchNotices, keptBanner } from "./notices.ts";

/** A page that is younger was just sent by the city. */
const FRESH_MS = 60_000;
const ASK_MS = 3 * 60_000;
const TURN_MS = 15_000;

export function keepBannerFresh(): void {
  if (!banner()) return;
  turn();
  setInterval(turn, TURN_MS);
  setInterval(() => document.visibilityState === "visible" && void ask(), ASK_MS);
  addEventListener("online", () => void ask());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && isOld() && void ask());
  void begin();
}

function banner(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-alerts]");
}

/** What the phone knows may be newer than a page that it kept; what the page says may be news to the phone. */
async function begin(): Promise<void> {
  const before = banner()?.dataset["version"] ?? "";
  const kept = await keptBanner().catch(() => "");
  if (kept) show(kept);
  const isNews = "caches" in globalThis && versionOf(kept) !== before;
  if (isOld() || isNews) await ask();
}

async function ask(): Promise<void> {
  try {
    const before = banner()?.dataset["version"];
    show(await fetchNotices());
    if (banner()?.dataset["version"] !== before) await renewMap();
  } catch {
    // No connection: what is known stays.
  }
}

/** The map's page names the places too, and is shown before the city is asked. */
async function renewMap(): Promise<void> {
  if ("caches" in globalThis && (await caches.delete(MAP))) navigator.serviceWorker.controller?.postMessage({ type: "keep-map" });
}

function show(html: string): void {
  const now = banner();
  const next = parsed(html);
  if (!now || !next || Number(next.dataset["at"]) <= Number(now.dataset["at"])) return;
  now.replaceWith(next);
  turn();
}

function parsed(html: string): HTMLElement | null {
  return new DOMParser().parseFromString(html, "text/html").querySelector<HTMLElement>("[data-alerts]");
}

function versionOf(html: string): string {
  return (html && parsed(html)?.dataset["version"]) || "";
}

function isOld(): boolean {
  return Math.abs(Date.now() - Number(banner()?.dataset["at"])) > FRESH_MS;
}

/** Shows what has begun, and takes away what has ended, without a network too. */
function turn(): void {
  const now = banner();
  if (!now) return;
  for (const one of now.querySelectorAll<HTMLElement>("[data-from]")) one.hidden = !holds(Number(one.dataset["from"]), Number(one.dataset["until"]), Date.now());
  now.hidden = !now.querySelector("[data-from]:not([hidden])");
}

export function holds(from: number, until: number, now: number): boolean {
  return from <= now && now < until;
}
