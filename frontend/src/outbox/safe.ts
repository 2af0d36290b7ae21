/** Asks the browser to keep the store, and to wake us when the network is back. Neither is promised by any of them. */
import { askToStay } from "../store/space.ts";
import { NAME } from "./changes.ts";

interface Syncing {
  sync?: { register(tag: string): Promise<void> };
}

/** The system wakes us at once when it takes the network for alive: asked for after each failed try, it would never rest. */
const PAUSE = 5 * 60_000;

let asked = false;
let registered = -PAUSE;

/** Called when something waits; `anew` when that was just put there. */
export function keepSafe(anew = false): void {
  if (!asked) void askToStay();
  asked = true;
  if (!anew && performance.now() - registered < PAUSE) return;
  registered = performance.now();
  void register().catch(() => undefined);
}

/** Background Sync, where there is one (Chromium). */
async function register(): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as Syncing | undefined;
  await registration?.sync?.register(NAME);
}
