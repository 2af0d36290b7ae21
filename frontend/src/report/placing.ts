/** Which source may say where the report is: what a person did is never overridden by what a machine knows. */

export type Source = "" | "photo" | "device" | "search" | "pin";

export interface Placing {
  lat: number;
  long: number;
  /** Metres, where the source knows them. */
  accuracy: number | null;
  source: Source;
}

/** Worse than this, the position is asked for again and the person is told. */
export const POOR_M = 50;
/** Worse than this, a position tells nothing about a street. */
export const USELESS_M = 1000;

/**
 * Whether `next` replaces `now`. `asked`: the person has just asked for it (chose a search result, moved the
 * pin, pressed "use my position"), which always counts.
 */
export function replaces(now: Placing | null, next: Placing, asked: boolean): boolean {
  if (asked || !now || now.source === "") return true;
  if (now.source === "pin" || now.source === "search") return false;
  if (now.source === "photo") return false;
  return next.source === "photo" || (next.accuracy ?? Infinity) < (now.accuracy ?? Infinity);
}
