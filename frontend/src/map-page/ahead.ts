/** What the map will ask for once its code is here, asked for while that is still on its way: the browser keeps it. */
import { aboutBasemap } from "../map/about.ts";
import type { Box } from "../map/types.ts";
import { tileAt } from "./fitting.ts";

/** The closest zoom of which there are tiles of requests. */
const CLOSEST = 18;
/** More than a screen has at any zoom: a view that is larger is asked for by the map alone. */
const MOST = 24;

/** `worker`: address of the map's worker. `tiles`: the filter's query, or null where no requests are drawn. */
export async function askAhead(box: Box, zoom: number, worker: string, tiles: string | null): Promise<void> {
  if (!navigator.serviceWorker?.controller) fetchOnly(worker);
  if (tiles !== null) for (const at of tilesOf(box, zoom, CLOSEST)) fetchOnly(`/tiles/requests/${at}.mvt${tiles && `?${tiles}`}`);
  const about = await aboutBasemap();
  for (const at of tilesOf(box, zoom, about.maxzoom)) fetchOnly(`/tiles/basemap/${at}.mvt`);
}

/** "z/x/y" of each tile of 512 px in the box. */
export function tilesOf([west, south, east, north]: Box, zoom: number, closest: number): string[] {
  const z = Math.max(0, Math.min(Math.floor(zoom), closest));
  const [left, top] = tileAt(north, west, z);
  const [right, bottom] = tileAt(south, east, z);
  if ((right - left + 1) * (bottom - top + 1) > MOST) return [];
  const found: string[] = [];
  for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) found.push(`${z}/${x}/${y}`);
  return found;
}

function fetchOnly(url: string): void {
  fetch(url).then((answer) => answer.arrayBuffer()).catch(() => undefined);
}
