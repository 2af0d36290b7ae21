/** Which tiles a view is made of. */
import type { Box } from "../map/types.ts";
import { tileAt } from "./fitting.ts";

/** More than a screen has at any zoom. */
const MOST = 40;

/** "z/x/y" of each tile of 512 px in the box; none where there are too many to name. */
export function tilesOf([west, south, east, north]: Box, zoom: number, closest: number): string[] {
  const z = Math.max(0, Math.min(Math.floor(zoom), closest));
  const [left, top] = tileAt(north, west, z);
  const [right, bottom] = tileAt(south, east, z);
  if ((right - left + 1) * (bottom - top + 1) > MOST) return [];
  const found: string[] = [];
  for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) found.push(`${z}/${x}/${y}`);
  return found;
}
