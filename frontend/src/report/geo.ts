/** Small distances on the globe: sphere of the mean Earth radius, good to 0.5 % at the size of a city. */

export interface Point {
  lat: number;
  long: number;
}

const METRES_PER_DEGREE = (Math.PI / 180) * 6_371_008.8;

export function moved(from: Point, east: number, north: number): Point {
  const squeeze = Math.max(Math.cos((from.lat * Math.PI) / 180), 0.01);
  return { lat: from.lat + north / METRES_PER_DEGREE, long: from.long + east / (METRES_PER_DEGREE * squeeze) };
}

export function metresBetween(a: Point, b: Point): number {
  const squeeze = Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(a.lat - b.lat, (a.long - b.long) * squeeze) * METRES_PER_DEGREE;
}

/** A ring of [long, lat] at `metres` around a point, closed, as GeoJSON has it. */
export function circle(centre: Point, metres: number, corners = 48): [number, number][] {
  return Array.from({ length: corners + 1 }, (_, corner) => {
    const angle = (2 * Math.PI * (corner % corners)) / corners;
    const at = moved(centre, metres * Math.sin(angle), metres * Math.cos(angle));
    return [at.long, at.lat];
  });
}

/** Metres as people say them: 7, 40, 350, 5000. */
export function roundMetres(metres: number): number {
  const step = metres < 20 ? 1 : metres < 200 ? 10 : metres < 1000 ? 50 : 500;
  return Math.max(1, Math.round(metres / step) * step);
}

export function isPlace(lat: number, long: number): boolean {
  return Math.abs(lat) <= 90 && Math.abs(long) <= 180 && !(Math.abs(lat) < 1e-6 && Math.abs(long) < 1e-6);
}

const STEP_M = 5;
const BIG_STEP_M = 25;
const WAYS: Record<string, [east: number, north: number]> = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };

/** Where an arrow key takes a point (5 m; 25 m with Shift), and how far that is; null for any other key. */
export function stepped(from: Point, { key, shiftKey }: { key: string; shiftKey: boolean }): (Point & { metres: number }) | null {
  const way = WAYS[key];
  if (!way) return null;
  const metres = shiftKey ? BIG_STEP_M : STEP_M;
  return { ...moved(from, way[0] * metres, way[1] * metres), metres };
}
