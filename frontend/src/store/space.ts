/** The room that this phone has for us: asked to keep what we keep, watched, and used more sparingly as it runs out. */
/** How small a photo is made. */
export interface Rung {
  /** Pixels on the longer side. */
  longest: number;
  /** Of the JPEG, 0–1. */
  quality: number;
  /** A file of at most so many bytes, and no longer than `longest`, is left as it is. */
  bytes: number;
}

/** From the size that a crew likes to see, to the smallest in which a problem can be recognised. */
export const RUNGS: readonly Rung[] = [
  { longest: 2048, quality: 0.85, bytes: 1_500_000 },
  { longest: 1600, quality: 0.75, bytes: 600_000 },
  { longest: 1280, quality: 0.65, bytes: 300_000 },
  { longest: 1024, quality: 0.55, bytes: 150_000 },
  { longest: 640, quality: 0.5, bytes: 60_000 },
];

/** Bytes that are left free before each further rung is taken: the words of many reports must still fit. */
const RESERVES = [60_000_000, 30_000_000, 15_000_000, 6_000_000];

/** The rung for a phone with so many bytes left for us: the first while there is room. */
export function rungFor(free: number): number {
  return RESERVES.filter((reserve) => free < reserve).length;
}

/**
 * The rung to begin with now; the first where the phone does not tell. Chromium always tells of 10 GB, so that
 * nobody is known by their disk: there only the write that fails says that it is full.
 */
export async function startingRung(): Promise<number> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined ? 0 : rungFor(quota - (usage ?? 0));
  } catch {
    return 0;
  }
}

/** Asks the browser not to clear away what we keep; whether it agreed. Harmless to ask again. */
export async function askToStay(): Promise<boolean> {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}
