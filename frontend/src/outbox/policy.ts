/** What an answer means for an item, and how long a failed one waits. Pure: nothing is read or written here. */
import type { Item, Problem, Trouble } from "../store/types.ts";
import type { Answer } from "./answer.ts";

export type Outcome =
  | { kind: "delivered"; body: Body }
  /** The city lacks these photos: they are sent, and the item again. */
  | { kind: "missing"; hashes: string[] }
  /** The stamp is too old: a fresh one is fetched. */
  | { kind: "stamp" }
  | { kind: "needs-you"; trouble: Trouble }
  /** Tried again later. `pause`: everything else waits too. `after`: milliseconds that the city asked for. */
  | { kind: "wait"; trouble: Trouble; pause: boolean; after: number | null };

/** What the city's JSON may hold; whatever is there is checked before it is used. */
export interface Body {
  client_request_id?: unknown;
  service_request_id?: unknown;
  url?: unknown;
  likely_duplicates?: unknown;
  problems?: unknown;
  missing?: unknown;
  retry?: unknown;
  detail?: unknown;
  title?: unknown;
}

export const LONGEST = 5 * 60_000;
const FIRST = 2_000;
const REFUSALS = [400, 403, 404, 409, 410, 413, 415, 422];
/** After so many refusals by a broken server an item lets the later ones of its subject pass. */
const PATIENCE = 5;

export function outcomeOf(answer: Answer, id: string, now: number): Outcome {
  const wait = (reason: Trouble["reason"], pause = false): Outcome => {
    return { kind: "wait", trouble: trouble(reason, answer, now), pause, after: answer.retryAfter };
  };
  const { status, ours, body } = answer;
  if (status === 0) return answer.redirected ? wait("between") : wait("offline", true);
  if (status < 300) return isEcho(body, id) ? { kind: "delivered", body } : wait(answer.json ? "server" : "between");
  if (status === 429) return wait("busy", true);
  if (status >= 500) return wait("server");
  if (status === 401) return wait("sign-in");
  if (!ours || !REFUSALS.includes(status)) return wait("between");
  if (status === 409 && isTexts(body.missing) && body.missing.length) return { kind: "missing", hashes: body.missing };
  if (status === 422 && problemsOf(body).some((problem) => problem.field === "stamp")) return { kind: "stamp" };
  if (status === 400 && body.retry === true) return wait("server");
  return { kind: "needs-you", trouble: trouble("refused", answer, now) };
}

/** Milliseconds until the next try after `tries` failed ones: 2 s, 4 s, 8 s … 5 minutes, each from half to whole. */
export function backOff(tries: number, after: number | null = null, random: number = Math.random()): number {
  const most = Math.min(FIRST * 2 ** Math.max(tries - 1, 0), LONGEST);
  return Math.max(Math.round(most * (0.5 + random / 2)), Math.min(after ?? 0, LONGEST));
}

/** Whether a time has come. One that is further away than any back-off was written by a clock that has jumped. */
export function isDue(next: number, now: number): boolean {
  return next <= now || next > now + LONGEST;
}

/** Whether it counts as not sent: what is being taken back does not. */
export function isUnsent(item: Item): boolean {
  return item.state !== "deleting";
}

export function needsPerson(item: Item): boolean {
  return isUnsent(item) && (item.state === "needs-you" || item.trouble?.reason === "sign-in");
}

/** Whether later items of the same subject wait for this one: not for a person, and not for ever. */
export function holdsUp(item: Item): boolean {
  if (item.state === "needs-you" || item.state === "deleting") return false;
  return item.tries < PATIENCE || item.trouble?.reason === "offline" || item.trouble?.reason === "busy";
}

export function isEcho(body: Body, id: string): boolean {
  return typeof body.client_request_id === "string" && body.client_request_id.toLowerCase() === id.toLowerCase();
}

function trouble(reason: Trouble["reason"], { status, ours, body }: Answer, at: number): Trouble {
  const said = ours ? [body.detail, body.title].find((text) => typeof text === "string" && text !== "") : "";
  return { reason, status, said: typeof said === "string" ? said : "", problems: ours ? problemsOf(body) : [], at };
}

function problemsOf(body: Body): Problem[] {
  if (!Array.isArray(body.problems)) return [];
  return body.problems.filter((one: Partial<Problem> | null): one is Problem => typeof one?.field === "string" && typeof one.message === "string");
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
