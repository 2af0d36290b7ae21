/** Background Sync: the system wakes the service worker when the network is back, with the page open or long closed. */
import { receipts, sendNow, waiting } from "../outbox.ts";
import { NAME } from "../outbox/changes.ts";
import { freshen } from "./freshen.ts";

declare const self: ServiceWorkerGlobalScope;

export function onSync(event: ExtendableEvent & { tag: string }): void {
  if (event.tag === NAME) event.waitUntil(wake());
}

/** A page that is looked at sends; one in the background may be frozen, and hears of it too late. Rejects while something still waits, so that the system comes again. */
async function wake(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ type: "drain" });
  if (!pages.some((page) => page.visibilityState === "visible")) {
    await sendNow();
    await freshen(await lastSent()).catch(() => undefined);
  }
  const left = await waiting();
  if (left) throw new Error(`${left} wait to be sent.`);
}

/** When the last thing was sent from this phone, in milliseconds since 1970; 0 for never. */
export async function lastSent(): Promise<number> {
  return (await receipts())[0]?.sent ?? 0;
}
