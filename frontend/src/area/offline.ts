/** What a report asks while there is no connection, answered from the kept areas. Loaded only then. */
import type { FoundPlace } from "../elements/place-search.ts";
import { metresBetween, type Point } from "../report/geo.ts";
import type { Kind } from "../report/kind-index.ts";
import { AreaPlaces } from "./places.ts";
import { keptAreas, keptPlaces, keptRequests } from "./store.ts";
import type { Box, KnownRequest } from "./types.ts";

const LIMIT = 8;
const NEAREST_M = 250;
const MOST_KNOWN = 5;

const opened = new Map<string, AreaPlaces>();

/** The places that `words` may mean, best first; null when no area was taken along. `near`: "lat,long" or "". */
export async function searchKept(words: string, near: string): Promise<FoundPlace[] | null> {
  const indexes = await allPlaces();
  if (!indexes.length) return null;
  const [lat, long] = near.split(",").map(Number);
  const at = near && Number.isFinite(lat) && Number.isFinite(long) ? { lat: lat!, long: long! } : null;
  const found = indexes.flatMap((index) => index.search(words, at));
  const nearer = (place: Point): number => (at ? 0.03 / (1 + metresBetween(at, place) / 500) : 0);
  found.sort((a, b) => b.score + nearer(b) - (a.score + nearer(a)) || a.label.length - b.label.length);
  const seen = new Set<unknown>();
  return found.filter(({ place_id }) => !seen.has(place_id) && seen.add(place_id)).slice(0, LIMIT);
}

/** The nearest kept address or corner within 250 m; null where none is known. */
export async function nearestKept(at: Point): Promise<FoundPlace | null> {
  const found = (await allPlaces()).flatMap((index) => index.nearest(at, NEAREST_M) ?? []);
  return found.sort((a, b) => a.metres - b.metres)[0]?.place ?? null;
}

export interface Known {
  request: KnownRequest;
  metres: number;
}

/**
 * Kept open requests that may be the same problem, nearest first: of the kind's group, within the kind's radius.
 * null when the point lies in no kept area; `asOf` is when the city told them.
 */
export async function knownKept(at: Point, kind: Kind, kinds: readonly Kind[]): Promise<{ asOf: number; near: Known[] } | null> {
  const areas = (await keptAreas()).filter(({ box }) => holds(box, at));
  const kept = (await Promise.all(areas.map(({ id }) => keptRequests(id)))).flatMap((one) => one ?? []);
  const newest = kept.sort((a, b) => b.asOf - a.asOf)[0];
  if (!newest || kind.text === "private") return null;
  const group = new Set(kinds.filter((one) => one.group === kind.group && one.text !== "private").map(({ code }) => code));
  return { asOf: newest.asOf, near: nearby(newest.requests, at, group, kind.nearby_radius_m ?? 0) };
}

export function nearby(requests: readonly KnownRequest[], at: Point, codes: ReadonlySet<string>, radius: number): Known[] {
  const near = requests.filter(({ service_code }) => codes.has(service_code)).map((request) => ({ request, metres: metresBetween(at, request) }));
  return near.filter(({ metres }) => metres <= radius).sort((a, b) => a.metres - b.metres).slice(0, MOST_KNOWN);
}

function holds([west, south, east, north]: Box, { lat, long }: Point): boolean {
  return west <= long && long <= east && south <= lat && lat <= north;
}

async function allPlaces(): Promise<AreaPlaces[]> {
  const areas = await keptAreas();
  const found = await Promise.all(areas.map(({ id, kept }) => placesOf(id, kept)));
  return found.flatMap((one) => one ?? []);
}

async function placesOf(id: string, version: number): Promise<AreaPlaces | undefined> {
  const key = `${id} ${version}`;
  const before = opened.get(key);
  if (before) return before;
  const kept = await keptPlaces(id);
  if (!kept) return undefined;
  const places = new AreaPlaces(kept.index);
  opened.set(key, places);
  return places;
}
