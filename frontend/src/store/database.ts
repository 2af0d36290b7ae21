/** The phone's database: opened once, and again when the system has cut the connection. */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames, openDB } from "idb";
import type { KeptArea, KeptPlaces, KeptRequests } from "../area/types.ts";
import { NotKept, notKept } from "./not-kept.ts";
import type { Draft, Item, Photo, Receipt, Thumb } from "./types.ts";

interface Schema extends DBSchema {
  drafts: { key: string; value: Draft; indexes: { saved: number } };
  photos: { key: string; value: Photo; indexes: { draft: string } };
  thumbs: { key: string; value: Thumb; indexes: { draft: string } };
  items: { key: string; value: Item; indexes: { made: number } };
  receipts: { key: string; value: Receipt; indexes: { sent: number } };
  areas: { key: string; value: KeptArea };
  area_places: { key: string; value: KeptPlaces };
  area_requests: { key: string; value: KeptRequests };
}

export type Database = IDBPDatabase<Schema>;
export type Store = StoreNames<Schema>;
export type Change<S extends Store> = IDBPTransaction<Schema, S[], "readwrite">;

/** A connection that iOS has killed, or that a newer version of the app has asked to close. */
const CUT = ["InvalidStateError", "UnknownError", "AbortError"];

const PATIENCE = 10_000;

let opened: Promise<Database> | undefined;

function open(): Promise<Database> {
  opened ??= connect().catch((error: unknown) => {
    forget();
    throw error;
  });
  return opened;
}

async function connect(): Promise<Database> {
  if (typeof indexedDB === "undefined") throw new NotKept("no-store");
  return openDB<Schema>("blockwise", 3, {
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
      if (from < 3) database.createObjectStore("thumbs", { keyPath: "id" }).createIndex("draft", "draft");
    },
    terminated: forget,
    blocking: () => void opened?.then((database) => database.close()).finally(forget),
  });
}

/** Some browsers never answer (an old tab that does not let go, a Safari that has just started): that is told too. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotKept("failed")), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function forget(): void {
  opened = undefined;
}

/**
 * Runs `work` with the database; once more with a new connection when iOS has killed the old one. `work` may have
 * been done already when it runs for the second time.
 * Rejects with `NotKept` where the store cannot be had, is full, or was changed by a newer version of the app.
 */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  try {
    return await once(work).catch((error: unknown) => {
      if (isCut(error)) return once(work);
      throw error;
    });
  } catch (error) {
    throw notKept(error);
  }
}

async function once<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const opening = open();
  const connection = await inTime(opening);
  try {
    return await work(connection);
  } catch (error) {
    if (isCut(error)) {
      connection.close();
      if (opened === opening) forget();
    }
    throw error;
  }
}

function isCut(error: unknown): boolean {
  return error instanceof DOMException && CUT.includes(error.name);
}

/**
 * Changes several stores together, or none of them; resolves when it is on disk. `work` must await nothing but the
 * transaction's own requests, and do the same when it runs again.
 */
export function change<S extends Store, T>(stores: S[], work: (change: Change<S>) => Promise<T>): Promise<T> {
  return withDatabase(async (database) => {
    const begun = database.transaction(stores, "readwrite", { durability: "strict" });
    const done = begun.done.then(() => undefined, (error: unknown) => error);
    try {
      const result = await work(begun);
      const wrong = await done;
      if (wrong) throw wrong;
      return result;
    } catch (error) {
      abort(begun);
      await done;
      // The transaction knows why it failed (no space left); its requests only say that it did.
      throw error instanceof DOMException ? (begun.error ?? error) : error;
    }
  });
}

function abort(begun: { abort(): void }): void {
  try {
    begun.abort();
  } catch {
    // It has ended already.
  }
}
