/** The tiles of kept areas: which there are, and the one cache that all areas share. */
import { ABOUT, TILES } from "./caches.ts";
import type { KeptArea, Zoom } from "./types.ts";

const AT_ONCE = 6;

/** The addresses of the tiles of some zooms. */
export function tilePaths(zooms: readonly Zoom[]): string[] {
  const paths: string[] = [];
  for (const { z, x, y } of zooms) {
    for (let column = x[0]; column <= x[1]; column++) {
      for (let row = y[0]; row <= y[1]; row++) paths.push(`/tiles/basemap/${z}/${column}/${row}.mvt`);
    }
  }
  return paths;
}

/** What of `kept` no area needs any more. */
export function needless(kept: readonly string[], areas: readonly Pick<KeptArea, "tiles">[]): string[] {
  const needed = new Set([ABOUT, ...areas.flatMap(({ tiles }) => tilePaths(tiles))]);
  return kept.filter((path) => !areas.length || !needed.has(path));
}

/** Whether a kept tile is of this version of the basemap: its tag begins with it. An empty one has none. */
export function isCurrent(tag: string | null, version: string): boolean {
  return tag !== null && version !== "" && tag.replace(/^W\//, "").startsWith(`"${version}-`);
}

/** Fetches the tiles that are not here yet in this version. Returns their bytes, all together. */
export async function fetchTiles(zooms: readonly Zoom[], version: string, done: (count: number) => void, signal: AbortSignal): Promise<number> {
  const cache = await caches.open(TILES);
  if (zooms.length) await fetchInto(cache, ABOUT, signal);
  const waiting = tilePaths(zooms);
  let bytes = 0;
  let count = 0;
  const worker = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const kept = await cache.match(path, { ignoreVary: true });
      const tile = kept && isCurrent(kept.headers.get("etag"), version) ? kept : await fetchInto(cache, path, signal);
      const { size } = await tile.blob();
      bytes += size;
      done(++count);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return bytes;
}

async function fetchInto(cache: Cache, path: string, signal: AbortSignal): Promise<Response> {
  // "reload": neither the browser's own cache nor the service worker answers with an older one.
  const answer = await fetch(path, { cache: "reload", signal });
  const type = answer.headers.get("content-type") ?? "";
  if (!answer.ok || type.includes("html")) throw new Error(`${path}: ${answer.status}`);
  const body = answer.status === 204 ? null : await answer.arrayBuffer();
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length", "set-cookie", "vary"]) headers.delete(name);
  const kept = new Response(body, { status: answer.status, headers });
  await cache.put(path, kept.clone());
  return kept;
}

/** Lets go of the tiles that no area needs; of the cache itself after the last area. */
export async function sweepTiles(areas: readonly KeptArea[]): Promise<void> {
  if (!areas.length) return void (await caches.delete(TILES));
  const cache = await caches.open(TILES);
  const kept = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  await Promise.all(needless(kept, areas).map((path) => cache.delete(path)));
}
