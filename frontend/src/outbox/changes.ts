/** News of the outbox between all tabs and the service worker, and the number on the app's icon. */
import { unread } from "../pwa/unread.ts";
import { allItems } from "../store/items.ts";
import { calmly } from "./calm.ts";
import { isUnsent } from "./policy.ts";

export const NAME = "blockwise-outbox";

/** changed: look again · stop: end the requests of this item · alive: I hold the lock, and am awake ·
 * wake: there is something to send for whoever holds it; `all`: even what waits for its next try ·
 * forgotten: all that belonged to the person is wiped from this phone */
type News = { type: "changed" } | { type: "stop"; id: string } | { type: "alive" } | { type: "forgotten" } | { type: "wake"; all: boolean };

interface Badge {
  setAppBadge?(count: number): Promise<void>;
  clearAppBadge?(): Promise<void>;
}

const heard: Record<News["type"], Set<(news: News) => void>> = { changed: new Set(), stop: new Set(), alive: new Set(), forgotten: new Set(), wake: new Set() };
const inFlight = new Map<string, AbortController>();
const tellIcon = calmly(showOnIcon, 200);
let channel: BroadcastChannel | undefined;

heard.stop.add((news) => news.type === "stop" && inFlight.get(news.id)?.abort());

function open(): BroadcastChannel | undefined {
  if (channel || typeof BroadcastChannel === "undefined") return channel;
  channel = new BroadcastChannel(NAME);
  channel.addEventListener("message", ({ data }: MessageEvent<News>) => tell(data));
  return channel;
}

function tell(news: News): void {
  for (const listener of [...(heard[news.type] ?? [])]) listener(news);
}

/** Tells every other tab, and the service worker where it is awake. */
export function say(news: News): void {
  open()?.postMessage(news);
}

/** Calls the listener at such news from elsewhere; answers with what ends it. */
export function hear(type: News["type"], listener: (news: News) => void): () => void {
  open();
  heard[type].add(listener);
  return () => void heard[type].delete(listener);
}

/** Calls the listener after any change in any tab, this one too; answers with what ends it. */
export function watch(listener: () => void): () => void {
  return hear("changed", listener);
}

/** Tells everybody that something in the outbox has changed. */
export function changed(): void {
  say({ type: "changed" });
  tell({ type: "changed" });
  if ("setAppBadge" in navigator) tellIcon();
}

/** Ends the requests that are being made for an item, in whichever tab. */
export function stop(id: string): void {
  say({ type: "stop", id });
  inFlight.get(id)?.abort();
}

/** Runs `work` with a signal that `stop` ends, and `lost` too. */
export async function stoppable<T>(id: string, lost: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  open();
  const controller = new AbortController();
  const end = (): void => controller.abort();
  inFlight.set(id, controller);
  lost.addEventListener("abort", end);
  try {
    return await work(controller.signal);
  } finally {
    inFlight.delete(id);
    lost.removeEventListener("abort", end);
  }
}

/** What the person has still to look at: what is not sent, and what the city told and nobody has read. */
export async function showOnIcon(): Promise<void> {
  const icon = navigator as Badge;
  const [items, told] = await Promise.all([allItems().catch(() => []), unread()]);
  const count = items.filter(isUnsent).length + told;
  await (count ? icon.setAppBadge?.(count) : icon.clearAppBadge?.());
}
