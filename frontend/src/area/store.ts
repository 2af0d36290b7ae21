/** The kept areas on disk: each in three records, which come and go together. */
import { withDatabase } from "../store/database.ts";
import type { KeptArea, KeptPlaces, KeptRequests } from "./types.ts";

/** All kept areas, the newest first. */
export async function keptAreas(): Promise<KeptArea[]> {
  const areas = await withDatabase((database) => database.getAll("areas"));
  return areas.sort((a, b) => b.kept - a.kept);
}

export function keptPlaces(id: string): Promise<KeptPlaces | undefined> {
  return withDatabase((database) => database.get("area_places", id));
}

export function keptRequests(id: string): Promise<KeptRequests | undefined> {
  return withDatabase((database) => database.get("area_requests", id));
}

/** Puts an area with its places and requests, or none of them. */
export function saveArea(area: KeptArea, places: KeptPlaces, requests: KeptRequests): Promise<void> {
  return withDatabase(async (database) => {
    const change = database.transaction(["areas", "area_places", "area_requests"], "readwrite");
    const puts = [change.objectStore("areas").put(area), change.objectStore("area_places").put(places), change.objectStore("area_requests").put(requests)];
    await Promise.all([...puts, change.done]);
  });
}

export function saveRequests(requests: KeptRequests): Promise<void> {
  return withDatabase(async (database) => {
    await database.put("area_requests", requests);
  });
}

export function deleteArea(id: string): Promise<void> {
  return withDatabase(async (database) => {
    const stores = ["areas", "area_places", "area_requests"] as const;
    const change = database.transaction(stores, "readwrite");
    await Promise.all([...stores.map((store) => change.objectStore(store).delete(id)), change.done]);
  });
}
