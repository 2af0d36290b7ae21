/** Where the areas of a layer lie: the same file as the map draws. */
import { getJson } from "../http.ts";
import type { Box } from "../map/types.ts";

interface Outlines {
  features: { properties: { code: string; name: string }; geometry: { coordinates: unknown } }[];
}

const WAIT = 15_000;
const asked = new Map<string, Promise<Outlines>>();

/** [west, south, east, north] of an area; null where it has no outline. */
export async function boxOf(layer: string, code: string): Promise<Box | null> {
  const url = `/areas/${encodeURIComponent(layer)}.geojson`;
  const outlines = asked.get(url) ?? getJson<Outlines>(url, WAIT);
  asked.set(url, outlines);
  try {
    const { features } = await outlines;
    const found = features.filter(({ properties }) => properties.code === code);
    return found.length ? found.map(({ geometry }) => around(geometry.coordinates)).reduce(both) : null;
  } catch {
    asked.delete(url);
    return null;
  }
}

/** Of coordinates as deep as a geometry has them. */
export function around(coordinates: unknown): Box {
  const list = coordinates as unknown[];
  if (typeof list[0] === "number") return [list[0], list[1] as number, list[0], list[1] as number];
  return list.map(around).reduce(both);
}

function both(one: Box, other: Box): Box {
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];
}
