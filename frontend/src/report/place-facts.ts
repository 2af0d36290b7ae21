/** What the server knows of a place: its nearest address, and who acts there when it is outside of the city. */
import { patience } from "../area/caches.ts";
import type { FoundPlace } from "../elements/place-search.ts";
import { getFragment, getJson } from "../http.ts";
import type { Point } from "./geo.ts";

export interface PlaceFacts {
  nearest: FoundPlace | null;
  /** HTML for a place outside of the city; "" inside; null when it could not be asked. */
  outside: string | null;
}

const PAUSE = 250;

export async function aboutPlace(at: Point): Promise<PlaceFacts> {
  // A map that is being dragged asks once, when it rests.
  await new Promise((done) => setTimeout(done, PAUSE));
  const query = new URLSearchParams({ lat: String(at.lat), long: String(at.long) });
  const [nearest, outside] = await Promise.allSettled([
    getJson<FoundPlace | null>(`/places/nearest?${query}`, await patience()),
    getFragment(`/report/place-check?${query}`),
  ]);
  return {
    nearest: nearest.status === "fulfilled" ? nearest.value : await fromKept(at),
    outside: outside.status === "fulfilled" ? outside.value : null,
  };
}

/** Without a connection: from the area that the person took along, if any. */
async function fromKept(at: Point): Promise<FoundPlace | null> {
  try {
    return await (await import("../area/offline.ts")).nearestKept(at);
  } catch {
    return null;
  }
}
