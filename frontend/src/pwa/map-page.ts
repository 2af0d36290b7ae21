/** The map's page as it was last sent: shown at once, and fetched anew behind it. What changes on it, its script asks for. */
import { isPage, keep, keptAt, shown } from "./kept.ts";
import { builtFiles, MAP, MAP_PAGE } from "./names.ts";
import { isOfBuild } from "./shell.ts";

/** Older than a day it is shown only where the city does not answer. */
const OLD_MS = 24 * 3600_000;
const PATIENCE_MS = 4000;
/** What of an address the page's own script reads. */
const READ_BY_SCRIPT = ["at", "colour", "layer", "measure"];
const WITHOUT_VARY = { ignoreVary: true };

/** Whether an address is the map's page under no filter: under one the city writes another. */
export function isBareMap({ pathname, searchParams }: URL): boolean {
  return pathname === MAP_PAGE && [...searchParams.keys()].every((name) => READ_BY_SCRIPT.includes(name));
}

export async function openMapPage(event: ExtendableEvent, request: Request): Promise<Response> {
  const answer = fetch(request);
  event.waitUntil(answer.then((page) => keepIfOurs(page.clone())).catch(() => undefined));
  const kept = await keptMap();
  if (!kept) return answer;
  if (Math.abs(Date.now() - keptAt(kept)) < OLD_MS) return kept;
  const late = new Promise<null>((done) => setTimeout(done, PATIENCE_MS, null));
  return (await Promise.race([answer.catch(() => null), late])) ?? shown(kept);
}

/** Fetches the page for the next visit, unless it is there. */
export async function keepMap(): Promise<void> {
  if (!(await keptMap())) await keepIfOurs(await fetch(MAP_PAGE));
}

async function keptMap(): Promise<Response | undefined> {
  const kept = await (await caches.open(MAP)).match(MAP_PAGE, WITHOUT_VARY);
  return kept && isOfBuild(await kept.clone().text(), builtFiles()) ? kept : undefined;
}

/** A page of another build is left to that build's own worker. */
async function keepIfOurs(page: Response): Promise<void> {
  if (!isPage(page)) return;
  const cache = await caches.open(MAP);
  if (isOfBuild(await page.clone().text(), builtFiles())) await keep(cache, MAP_PAGE, page);
  else await cache.delete(MAP_PAGE, WITHOUT_VARY);
}
