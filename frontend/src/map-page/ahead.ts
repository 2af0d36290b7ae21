/** What the map will ask for once its code is here, asked for while that is still on its way: the browser keeps it. */
import { aboutBasemap } from "../map/about.ts";
import type { Box } from "../map/types.ts";
import { tilesOf } from "./tiles-of.ts";

/** The closest zoom of which there are tiles of requests. */
const CLOSEST = 18;

/** `worker`: address of the map's worker. `tiles`: the filter's query, or null where no requests are drawn. */
export async function askAhead(box: Box, zoom: number, worker: string, tiles: string | null): Promise<void> {
  if (!navigator.serviceWorker?.controller) fetchOnly(worker);
  if (tiles !== null) for (const at of tilesOf(box, zoom, CLOSEST)) fetchOnly(`/tiles/requests/${at}.mvt${tiles && `?${tiles}`}`);
  const about = await aboutBasemap();
  for (const at of tilesOf(box, zoom, about.maxzoom)) fetchOnly(`/tiles/basemap/${at}.mvt`);
}

function fetchOnly(url: string): void {
  fetch(url).then((answer) => answer.arrayBuffer()).catch(() => undefined);
}
