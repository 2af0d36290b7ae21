/** The phone's own position: watched until it is good enough, with a limit on the wait. */
import { POOR_M } from "./placing.ts";

export interface Position {
  lat: number;
  long: number;
  accuracy: number;
}

const WATCH_MS = 30_000;

/** Calls `found` with each better position until one is good; `failed` once when there is none. Returns how to stop. */
export function locate(found: (position: Position) => void, failed: (denied: boolean) => void): () => void {
  if (!("geolocation" in navigator)) {
    failed(false);
    return () => undefined;
  }
  let best = Infinity;
  const stop = (): void => {
    clearTimeout(limit);
    navigator.geolocation.clearWatch(watch);
  };
  const watch = navigator.geolocation.watchPosition(
    ({ coords }) => {
      if (coords.accuracy >= best) return;
      best = coords.accuracy;
      found({ lat: coords.latitude, long: coords.longitude, accuracy: coords.accuracy });
      if (best <= POOR_M) stop();
    },
    (error) => {
      if (best < Infinity) return;
      stop();
      failed(error.code === error.PERMISSION_DENIED);
    },
    { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 },
  );
  const limit = window.setTimeout(() => {
    stop();
    if (best === Infinity) failed(false);
  }, WATCH_MS);
  return stop;
}
