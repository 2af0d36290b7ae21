/** What the server says of the city once, for the whole page. */
import type { Box } from "../map/types.ts";

export interface Group {
  code: string;
  name: string;
  letter: string;
}

export interface Facts {
  bounds: Box;
  /** What the filter's area or circle needs; the whole city without one. */
  start: Box;
  groups: Group[];
  measures: { code: string; name: string }[];
}

let facts: Facts | undefined;

export function cityFacts(): Facts {
  return (facts ??= JSON.parse(document.querySelector("#map-facts")?.textContent ?? "{}") as Facts);
}

export function measureName(measure: string): string {
  return cityFacts().measures.find(({ code }) => code === measure)?.name ?? "";
}

/** Group code → [its place in the order, its letter]. */
export function letters(): Record<string, [number, string]> {
  return Object.fromEntries(cityFacts().groups.map(({ code, letter }, at) => [code, [at, letter]]));
}
