/** Asks the browser to keep the store, and to wake us when the network is back. Neither is promised by any of them. */
import { askToStay } from "../store/space.ts";
import { NAME } from "./changes.ts";

interface Syncing {
  sync?: { register(tag: string): Promise<void> };
}

let asked = false;

export function keepSafe(): void {
  if (!asked) void askToStay();
  asked = true;
  void register().catch(() => undefined);
}

/** Background Sync, where there is one (Chromium). */
async function register(): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as Syncing | undefined;
  await registration?.sync?.register(NAME);
}
