/** Taking an area along: asked for, fetched with its progress told, and kept whole or resumed. */
import { getJson } from "../http.ts";
import { FILES } from "./caches.ts";
import { keepFiles, type Weight } from "./files.ts";
import { cityRefusal } from "./refused.ts";
import { deleteArea, keptAreas, keptPlaces, saveArea } from "./store.ts";
import { fetchTiles, sweepTiles, tilePaths } from "./tiles.ts";
import type { Box, KeptArea, KeptPlaces, KeptRequests, PlaceIndex, Zoom } from "./types.ts";

const LOCK = "blockwise-areas";
const PATIENCE_MS = 60_000;

/** What the server says of an area before it is fetched. */
export interface Along extends Weight {
  name: string;
  box: Box;
  km2: number;
  basemap: string;
  tiles: Weight & { count: number; zooms: Zoom[] };
  places: Weight & { count: number };
  requests: Weight & { count: number };
}

export type Step = "files" | "tiles" | "places" | "requests";
/** `share`: how much of the whole is done, from 0 to 1. */
export type Progress = (step: Step, share: number, done: number, all: number) => void;

/** Rejects with Refused where the city says in words why this is no area to take along. */
export async function askAlong(asked: string): Promise<Along> {
  const answer = await fetch(`/along.json?${asked}`, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) throw await cityRefusal(answer);
  return (await answer.json()) as Along;
}

/**
 * Fetches an area and keeps it; what is here already in the same version is not fetched again. Rejects when the
 * network breaks off or the phone is full: then the tiles that came are kept for the next try.
 */
export function takeAlong(asked: string, along: Along, files: Weight, told: Progress, signal: AbortSignal): Promise<KeptArea> {
  return navigator.locks.request(LOCK, { signal }, async () => {
    const all = tilePaths(along.tiles.zooms).length;
    const whole = files.bytes + along.bytes + 1;
    told("files", 0, 0, all);
    await keepFiles(signal);
    const tiles = await fetchTiles(along.tiles.zooms, along.basemap, (done) => told("tiles", (files.bytes + (along.tiles.bytes * done) / all) / whole, done, all), signal);
    told("places", (files.bytes + along.tiles.bytes) / whole, all, all);
    const places = await fetchPlaces(asked, along.box, signal);
    told("requests", (whole - along.requests.bytes) / whole, all, all);
    const requests = await fetchRequests(asked, along.box, signal);
    const bytes = tiles + JSON.stringify(places.index).length + JSON.stringify(requests.requests).length;
    const area: KeptArea = {
      id: asked, asked, name: along.name, box: along.box, kept: Date.now(), bytes, basemap: along.basemap,
      tiles: along.tiles.zooms.map(({ z, x, y }) => ({ z, x, y })), places: along.places.count,
    };
    await saveArea(area, places, requests);
    await letGo();
    return area;
  });
}

/** Removes an area, and with it the tiles that no other area needs. */
export function removeArea(id: string): Promise<void> {
  return navigator.locks.request(LOCK, async () => {
    await deleteArea(id);
    await letGo();
  });
}

/** Lets go of what a fetch left behind that was never finished; not while one is under way in another tab. */
export function tidyAreas(): Promise<void> {
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await letGo();
  });
}

async function letGo(): Promise<void> {
  const left = await keptAreas();
  await sweepTiles(left);
  if (!left.length) await Promise.all((await caches.keys()).filter((name) => name.startsWith(FILES)).map((name) => caches.delete(name)));
}

async function fetchPlaces(id: string, box: Box, signal: AbortSignal): Promise<KeptPlaces> {
  const before = await keptPlaces(id);
  const headers = { Accept: "application/json", ...(before ? { "If-None-Match": before.tag } : {}) };
  const answer = await fetch(`/along/places.json?box=${box}`, { headers, cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  if (before && answer.status === 304) return before;
  if (!answer.ok) throw new Error(String(answer.status));
  return { id, tag: answer.headers.get("etag") ?? "", index: (await answer.json()) as PlaceIndex };
}

export async function fetchRequests(id: string, box: Box, signal?: AbortSignal): Promise<KeptRequests> {
  const told = await getJson<{ requests: KeptRequests["requests"] }>(`/along/requests.json?box=${box}`, PATIENCE_MS, signal);
  return { id, asOf: Date.now(), requests: told.requests };
}
