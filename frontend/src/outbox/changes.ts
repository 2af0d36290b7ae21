/** News of the outbox between all tabs and the service worker, and the number on the app's icon. */
import { allItems } from "../store/items.ts";

export const NAME = "blockwise-outbox";

type News = { type: "changed" } | { type: "stop"; id: string };

interface Badge {
  setAppBadge?(count: number): Promise<void>;
  clearAppBadge?(): Promise<void>;
}

const listeners = new Set<() => void>();
const inFlight = new Map<string, AbortController>();
let channel: BroadcastChannel | undefined;
let counting = false;

function open(): BroadcastChannel | undefined {
  if (channel || typeof BroadcastChannel === "undefined") return channel;
  channel = new BroadcastChannel(NAME);
  channel.addEventListener("message", ({ data }: MessageEvent<News>) => {
    if (data.type === "stop") inFlight.get(data.id)?.abort();
    else tell();
  });
  return channel;
}

/** Calls the listener after any change in any tab; answers with what ends it. */
export function watch(listener: () => void): () => void {
  open();
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Tells everybody that something in the outbox has changed. */
export function changed(): void {
  open()?.postMessage({ type: "changed" } satisfies News);
  tell();
  void countOnIcon();
}

/** Ends the requests that are being made for an item, in whichever tab. */
export function stop(id: string): void {
  inFlight.get(id)?.abort();
  open()?.postMessage({ type: "stop", id } satisfies News);
}

/** Runs `work` with a signal that `stop` ends. */
export async function stoppable<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  open();
  const controller = new AbortController();
  inFlight.set(id, controller);
  try {
    return await work(controller.signal);
  } finally {
    inFlight.delete(id);
  }
}

function tell(): void {
  for (const listener of [...listeners]) listener();
}

async function countOnIcon(): Promise<void> {
  const icon = navigator as Badge;
  if (counting || !icon.setAppBadge) return;
  counting = true;
  try {
    const items = await allItems();
    counting = false;
    const unsent = items.filter((item) => item.state !== "deleting").length;
    await (unsent ? icon.setAppBadge(unsent) : icon.clearAppBadge?.());
  } catch {
    // Not installed, or not allowed: the list says the same.
  } finally {
    counting = false;
  }
}
