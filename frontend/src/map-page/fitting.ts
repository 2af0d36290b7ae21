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

/** What a view shows on so many pixels: the inverse of `fitting`. */
export function boxAround({ lat, long, zoom }: At, width: number, height: number): Box {
  const world = TILE * 2 ** zoom;
  const across = (width / world) * 180;
  const along = (height / world) * Math.PI;
  return [long - across, fall(rise(lat) - along), long + across, fall(rise(lat) + along)];
}

/** Column and row of the tile of a zoom that holds a point. */
export function tileAt(lat: number, long: number, zoom: number): [x: number, y: number] {
  const size = 2 ** zoom;
  const part = (share: number): number => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
  return [part(long / 360 + 0.5), part(0.5 - rise(lat) / (2 * Math.PI))];
}

function rise(lat: number): number {
  return Math.asinh(Math.tan((lat * Math.PI) / 180));
}

function fall(northing: number): number {
  return (Math.atan(Math.sinh(northing)) * 180) / Math.PI;
}
