/** Brings kept areas up to date, quietly, when the network is back: open requests soon, the map when it has changed. */
import { missingFiles } from "./files.ts";
import { keptAreas, keptRequests, saveRequests } from "./store.ts";
import { askAlong, fetchRequests, takeAlong } from "./take.ts";
import type { KeptArea } from "./types.ts";

const REQUESTS_OLD_MS = 6 * 3_600_000;
const MAP_OLD_MS = 30 * 86_400_000;

let running: Promise<void> | undefined;

/** Does nothing offline, or while what is kept is new. Never rejects: it is tried again with the next page. */
export function refreshAreas(now = Date.now()): Promise<void> {
  running ??= refreshAll(now)
    .catch(() => undefined)
    .finally(() => (running = undefined));
  return running;
}

async function refreshAll(now: number): Promise<void> {
  if (!navigator.onLine) return;
  // One that the city does not know any more keeps no other from being refreshed.
  for (const area of await keptAreas()) await refreshOne(area, now).catch(() => undefined);
}

async function refreshOne(area: KeptArea, now: number): Promise<void> {
  const requests = await keptRequests(area.id);
  if (!isOld(requests?.asOf ?? 0, REQUESTS_OLD_MS, now)) return;
  const along = await askAlong(area.asked);
  const changed = along.basemap !== area.basemap || isOld(area.kept, MAP_OLD_MS, now);
  if (changed && !savesData()) await takeAlong(area.asked, { ...along, name: area.name }, await missingFiles(), () => undefined, new AbortController().signal);
  else await saveRequests(await fetchRequests(area.id, area.box));
}

/** A date in the future is of a clock that was set back: it says nothing. */
export function isOld(then: number, limit: number, now: number): boolean {
  return then > now + limit || now - then > limit;
}

function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData ?? false;
}

