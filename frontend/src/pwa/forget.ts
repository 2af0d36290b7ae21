/** Wipes what belongs to the person from this phone: database, kept pages, the badge. The city's cookie is not ours to delete. */
import { changed, NAME, say } from "../outbox/changes.ts";
import { change, withDatabase } from "../store/database.ts";
import { allDrafts } from "../store/drafts.ts";
import { allItems } from "../store/items.ts";
import { unsubscribe } from "./endpoint.ts";
import { clearCaches } from "./forget-caches.ts";

const LOCK_MS = 3000;

/** How many drafts and items are not with the city yet. */
export function countUnsent(): Promise<number> {
  return Promise.all([allDrafts(), allItems()]).then((kept) => kept.flat().length);
}

/** Whether this phone keeps anything of the person at all. */
export async function keepsAnything(): Promise<boolean> {
  const rows = await withDatabase(async (database) => Promise.all([...database.objectStoreNames].map((name) => database.count(name))));
  return rows.some(Boolean);
}

export async function wipe(): Promise<void> {
  await tellNoMore().catch(() => undefined);
  await whileNobodySends(clearDatabase);
  sessionStorage.clear();
  await clearCaches();
  // What the service worker was fetching meanwhile would be put away again.
  navigator.serviceWorker?.controller?.postMessage({ type: "forgotten" });
  say({ type: "forgotten" });
  await navigator.clearAppBadge?.().catch(() => undefined);
  changed();
}

/** Without a network too: the push service then says that nobody is there any more. */
async function tellNoMore(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.pushManager) await unsubscribe(registration);
  for (const shown of (await registration?.getNotifications()) ?? []) shown.close();
}

/** A sender that is in the middle of something ends it first; one that hangs is not waited for. */
async function whileNobodySends(work: () => Promise<void>): Promise<void> {
  try {
    await navigator.locks.request(NAME, { signal: AbortSignal.timeout(LOCK_MS) }, work);
  } catch {
    await work();
  }
}

/** All stores in one transaction: wiped whole, or not at all. */
async function clearDatabase(): Promise<void> {
  const names = await withDatabase((database) => Promise.resolve([...database.objectStoreNames]));
  await change(names, async (stores) => {
    await Promise.all(names.map((name) => stores.objectStore(name).clear()));
  });
}
