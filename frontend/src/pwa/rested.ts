/** The first visit belongs to what the person came for: what is kept for later waits until a map is drawn. */
export const RESTED = "map-rested";
const PATIENCE_MS = 10_000;

/** Resolves at once where there is no map, and in ten seconds at the latest. */
export function mapRests(): Promise<void> {
  const map = document.querySelector("map-view");
  if (!map) return Promise.resolve();
  return new Promise((done) => {
    map.addEventListener(RESTED, () => done(), { once: true });
    setTimeout(done, PATIENCE_MS);
  });
}
