/** The view that shows a box whole, on tiles of 512 px. */
import type { Box } from "../map/types.ts";
import type { At } from "./state.ts";

const TILE = 512;

export function fitting([west, south, east, north]: Box, width: number, height: number, closest = 17): At {
  const [top, bottom] = [rise(north), rise(south)];
  const across = Math.log2(width / TILE / Math.max((east - west) / 360, 1e-9));
  const along = Math.log2(height / TILE / Math.max((top - bottom) / (2 * Math.PI), 1e-9));
  const zoom = Math.max(0, Math.min(across, along, closest));
  return { lat: fall((top + bottom) / 2), long: (west + east) / 2, zoom: Math.floor(zoom * 100) / 100 };
}

function rise(lat: number): number {
  return Math.asinh(Math.tan((lat * Math.PI) / 180));
}

function fall(northing: number): number {
  return (Math.atan(Math.sinh(northing)) * 180) / Math.PI;
}
