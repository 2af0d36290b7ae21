/** What the phone keeps: reports that are being written, what waits to be sent, its photos, and what was sent. */
import type { KeptArea } from "../area/types.ts";

export type Field = [name: string, value: string];

/** A report that is still being written. */
export interface Draft {
  /** UUIDv7, made on the phone: the same report sent twice stays one. */
  client_request_id: string;
  /** When it was last saved, in milliseconds since 1970. */
  saved: number;
  step: string;
  fields: Field[];
  /** Photo ids in the order in which they were chosen. */
  photos: string[];
  /** Whether the person typed the address: then nothing replaces it. */
  addressTyped: boolean;
  /** What a list of drafts shows of it. */
  title: string;
  /** What the city said of it when it was sent before: shown again when the person mends it. */
  problems?: Problem[];
  /** Whether its sending was begun once, before it was taken out of the outbox to be mended: the city may have it. */
  attempted?: true;
  /** The stamp of that first try, as in `Item`. */
  stamp?: string;
  /** Numbers of the requests that the person was shown as known nearby, and that theirs is not. */
  seen?: string[];
}

/** Bytes as they will be sent, never a File: a File may be empty once the camera's own copy is gone. */
export interface Photo {
  id: string;
  /** The `client_request_id` of the draft or item that it belongs to. */
  draft: string;
  type: string;
  bytes: ArrayBuffer;
  /** SHA-256 of the bytes in lower-case hex; absent in what version 1 of the database kept. */
  hash?: string;
  /** A JPEG of at most 160 px for lists; absent where the phone cannot read the picture. */
  thumb?: ArrayBuffer;
  /** As another app shared it: neither read nor made small yet. The page does that when it opens the draft. */
  raw?: boolean;
}

/** A photo's `thumb` by itself: a list reads it without the photo's own bytes, which would hold up scrolling. */
export interface Thumb {
  id: string;
  draft: string;
  bytes: ArrayBuffer;
}

/** One thing that is wrong, as the server tells it (RFC 9457's problem JSON). */
export interface Problem {
  field: string;
  message: string;
}

/** One thing that waits to reach the city: a report, a join, a comment, a withdrawal, or a later kind. */
export interface Item {
  client_request_id: string;
  /** Names the adapter that sends it. */
  kind: string;
  /** What it is about: a `service_request_id`, or a report's own number. Items of one subject are sent in their order. */
  subject: string;
  title: string;
  /** When it was put here, in milliseconds since 1970 by this phone's clock. */
  made: number;
  /** The language that it was written in: refusals come in it too. */
  language: string;
  fields: Field[];
  photos: ItemPhoto[];
  /** Numbers of the requests that the person was shown as known nearby, and that theirs is not. */
  seen: string[];
  /** The draft that this stands in for ("this is it: follow it"): kept until this is delivered, and back when it is not. */
  draft?: string;
  state: "waiting" | "sending" | "needs-you" | "deleting";
  /** Whether the sending itself was begun once without an answer that settles it: then the city may have it. */
  attempted: boolean;
  /** The city's stamp that the first try was made with: it names this device, should its cookie be lost. */
  stamp?: string;
  /** Failed tries since the last success or the last "Send now". */
  tries: number;
  /** Not before this time (milliseconds since 1970); 0 for at once. */
  next: number;
  /** Why it was not sent, or is not yet. */
  trouble: Trouble | null;
}

export interface ItemPhoto {
  id: string;
  hash: string;
  size: number;
  /** Whether the city has confirmed its hash. */
  uploaded: boolean;
}

export interface Trouble {
  /** offline: no answer · server: 5xx or no receipt · busy: 429 · between: something other than the city refused ·
   * sign-in: 401 · refused: the city's own words, the person must mend it */
  reason: "offline" | "server" | "busy" | "between" | "sign-in" | "refused";
  status: number;
  said: string;
  problems: Problem[];
  at: number;
}

/** What is left of an item that the city has. */
export interface Receipt {
  client_request_id: string;
  kind: string;
  title: string;
  service_request_id: string;
  url: string;
  sent: number;
  /** Numbers of open requests that may be the same problem, filed by others meanwhile. */
  likely: string[];
  /** Set when the person deleted it on the phone, and it had arrived and stays with the city all the same. */
  tooLate?: true;
}

export type { KeptArea };
