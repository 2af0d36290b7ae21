/** A city for tests: it keeps to the protocol of docs/offline.md, in memory, and breaks down as it is told. */
import { createHash } from "node:crypto";
import { drain, sendNow } from "../../frontend/src/outbox.ts";
import { withDatabase } from "../../frontend/src/store/database.ts";
import { savePhoto } from "../../frontend/src/store/drafts.ts";
import type { Draft } from "../../frontend/src/store/types.ts";

export interface Received {
  kind: string;
  fields: [string, string][];
  photos: string[];
  number: string;
}

/** Answers instead of the city, or before it (`lost`: the city has done it, and nobody hears); null for no fault. */
export type Fault = (method: string, path: string) => Response | "cut" | "lost" | null;

export class City {
  readonly received = new Map<string, Received>();
  readonly staged = new Map<string, Map<string, Buffer>>();
  readonly deleted = new Set<string>();
  readonly asked: string[] = [];
  /** The stamps that deletions came with. */
  readonly stamps: (string | null)[] = [];
  stamp = "fresh";
  withdraws = true;
  fault: Fault = () => null;
  /** Called before each answer; a test may wait in it. */
  before: (method: string, path: string) => Promise<void> | void = () => undefined;

  install(): void {
    globalThis.fetch = async (url, init) => {
      const { pathname, searchParams } = new URL(String(url), "https://city.example");
      const method = init?.method ?? "GET";
      this.asked.push(`${method} ${pathname}`);
      if (method === "DELETE") this.stamps.push(new Headers(init?.headers).get("Blockwise-Stamp"));
      await Promise.race([this.before(method, pathname), aborted(init?.signal)]);
      if (init?.signal?.aborted) throw new DOMException("", "AbortError");
      const fault = this.fault(method, pathname);
      if (fault === "cut") throw new TypeError("Failed to fetch");
      if (fault instanceof Response) return fault;
      const answer = this.#answer(method, pathname, searchParams, init?.body);
      if (fault === "lost") throw new TypeError("Failed to fetch");
      return answer;
    };
  }

  times(start: string): number {
    return this.asked.filter((one) => one.startsWith(start)).length;
  }

  #answer(method: string, path: string, query: URLSearchParams, body: unknown): Response {
    const [, root = "", id = "", verb = "", hash = ""] = path.split("/");
    if (root === "requests") return this.#act(id, verb, new URLSearchParams(String(body)));
    if (!id) return json(200, { now: new Date().toISOString(), stamp: this.stamp, items: query.getAll("id").map((one) => this.#status(one)), limits: {} });
    if (method === "DELETE") return this.#delete(id);
    if (this.deleted.has(id)) return problem(410, {});
    return verb === "photos" ? this.#photo(id, hash, body as ArrayBuffer) : this.#report(id, JSON.parse(String(body)) as Sent);
  }

  #status(id: string): Record<string, unknown> {
    const known = this.received.get(id);
    const told = known ? { service_request_id: known.number, url: `/requests/${known.number}?sent=1` } : {};
    return { client_request_id: id, received: known !== undefined, deleted: this.deleted.has(id), photos: [...(this.staged.get(id)?.keys() ?? [])], ...told };
  }

  #photo(id: string, hash: string, body: ArrayBuffer): Response {
    const bytes = Buffer.from(body);
    if (createHash("sha256").update(bytes).digest("hex") !== hash) return problem(400, { retry: true });
    if (!this.staged.has(id)) this.staged.set(id, new Map());
    this.staged.get(id)!.set(hash, bytes);
    return json(201, { client_request_id: id, content_hash: hash });
  }

  #report(id: string, sent: Sent): Response {
    const known = this.received.get(id);
    if (known) return json(200, { client_request_id: id, service_request_id: known.number, url: `/requests/${known.number}?sent=1`, likely_duplicates: [] });
    if (sent.stamp !== this.stamp) return problem(422, { problems: [{ field: "stamp", message: "Too old." }] });
    if (sent.fields.some(([, value]) => value === "wrong")) return problem(422, { detail: "Mend it.", problems: [{ field: "description", message: "Not so." }] });
    const missing = sent.photos.filter((hash) => !this.staged.get(id)?.has(hash));
    if (missing.length) return problem(409, { missing });
    this.received.set(id, { kind: "report", fields: sent.fields, photos: sent.photos, number: `R-${this.received.size + 1}` });
    return this.#report(id, sent);
  }

  #act(number: string, verb: string, form: URLSearchParams): Response {
    const id = form.get("client_request_id") ?? "";
    if (this.deleted.has(id)) return problem(410, {});
    if (!this.received.has(id)) this.received.set(id, { kind: verb, fields: [...form], photos: [], number });
    return json(201, { client_request_id: id, service_request_id: number, done: verb, url: `/requests/${number}?done=${verb}` });
  }

  #delete(id: string): Response {
    const received = this.received.has(id);
    this.deleted.add(id);
    this.staged.delete(id);
    if (received && this.withdraws) this.received.delete(id);
    return json(200, { client_request_id: id, deleted: true, received, ...(received && this.withdraws ? { withdrawn: true } : {}) });
  }
}

interface Sent {
  fields: [string, string][];
  photos: string[];
  stamp: string;
}

function aborted(signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

export function problem(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return json(status, body, { "Content-Type": "application/problem+json", ...headers });
}

/** The phone as it was bought. */
export async function emptyPhone(): Promise<void> {
  await withDatabase(async (database) => {
    for (const store of database.objectStoreNames) await database.clear(store);
  });
}

/** A phone as it was bought, in a city that has nothing of it; the sender has forgotten what it waited for. */
export async function freshCity(): Promise<City> {
  await drain();
  await emptyPhone();
  const city = new City();
  city.install();
  await sendNow();
  return city;
}

let made = 0;

/** A draft on the phone with so many photos, each of its own bytes. */
export async function draftWith(photos = 0, description = "a hole"): Promise<Draft> {
  const id = `019a0000-0000-7000-8000-${String(++made).padStart(12, "0")}`;
  const ids: string[] = [];
  for (let number = 0; number < photos; number++) {
    const photo = `${id}/${number}`;
    await savePhoto({ id: photo, draft: id, type: "image/jpeg", bytes: new TextEncoder().encode(`photo ${made} ${number}`).buffer as ArrayBuffer });
    ids.push(photo);
  }
  return { client_request_id: id, saved: made, step: "words", fields: [["description", description]], photos: ids, addressTyped: false, title: "A hole" };
}

export const REPORT = { kind: "report" as const, title: "A hole", language: "en", seen: [] };

/** A channel that does not keep the test's process alive. */
export class QuietChannel extends BroadcastChannel {
  constructor(name: string) {
    super(name);
    (this as unknown as { unref(): void }).unref();
  }
}
