/** What is kept of areas, and under which names. */

/** The tiles of all areas. */
export const TILES = "area-tiles";
/** Where areas are taken along. */
export const PAGE = "/my/area";
/** What a map has to know before its first tile. */
export const ABOUT = "/tiles/basemap.json";
/** The map's own files, one cache a build: this, and the build's version. */
export const FILES = "area-files-";

/** How long a question may take where the phone itself can answer it, and where it cannot. */
const PATIENCE_MS = 2500;
const PATIENCE_WITHOUT_MS = 8000;

/** How long to wait for the network's answer to a question about places. */
export async function patience(): Promise<number> {
  const kept = "caches" in globalThis && (await caches.has(TILES).catch(() => false));
  return kept ? PATIENCE_MS : PATIENCE_WITHOUT_MS;
}
