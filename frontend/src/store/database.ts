/** The phone's database: opened once, and again when the system has cut the connection. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { KeptArea, KeptPlaces, KeptRequests } from "../area/types.ts";
import type { Draft, Item, Photo, Receipt } from "./types.ts";

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft; indexes: { saved: number } };
  photos: { key: string; value: Photo; indexes: { draft: string } };
  items: { key: string; value: Item; indexes: { made: number } };
  receipts: { key: string; value: Receipt; indexes: { sent: number } };
  areas: { key: string; value: KeptArea };
  area_places: { key: string; value: KeptPlaces };
  area_requests: { key: string; value: KeptRequests };
}

export type Database = IDBPDatabase<Schema>;

let opened: Promise<Database> | undefined;

function open(): Promise<Database> {
  opened ??= openDB<Schema>("blockwise", 2, {
    upgrade(database, from) {
      if (from < 1) {
        database.createObjectStore("drafts", { keyPath: "client_request_id" }).createIndex("saved", "saved");
        database.createObjectStore("photos", { keyPath: "id" }).createIndex("draft", "draft");
      }
      if (from < 2) {
        database.createObjectStore("items", { keyPath: "client_request_id" }).createIndex("made", "made");
        database.createObjectStore("receipts", { keyPath: "client_request_id" }).createIndex("sent", "sent");
        for (const store of ["areas", "area_places", "area_requests"] as const) database.createObjectStore(store, { keyPath: "id" });
      }
    },
    terminated: forget,
    blocking: () => void opened?.then((database) => database.close()).finally(forget),
  });
  return opened;
}

export function forget(): void {
  opened = undefined;
}

/** Runs `work` with the database; once more with a new connection when iOS has killed the old one. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  try {
    return await work(await open());
  } catch (error) {
    forget();
    if (error instanceof DOMException && (error.name === "InvalidStateError" || error.name === "UnknownError")) {
      return work(await open());
    }
    throw error;
  }
}
