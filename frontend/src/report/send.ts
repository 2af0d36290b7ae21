/** Sends a report with its photos, and says what became of it. */
import { getJson } from "../http.ts";
import type { Photo } from "../store/types.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

const WAIT = 90_000;
const NOT_SENT = ["step", "at", "do", "place", "kind_choice", "place_q", "kind_q", "media"];

export function bodyOf(form: HTMLFormElement, photos: readonly Photo[]): FormData {
  const body = new FormData(form);
  for (const name of NOT_SENT) body.delete(name);
  for (const photo of photos) body.append("media", new Blob([photo.bytes], { type: photo.type }), photo.id);
  body.set("step", "send");
  return body;
}

/** Never rejects: whatever happens is an outcome. A page that was open too long gets a fresh stamp and one more try. */
export async function send(form: HTMLFormElement, photos: readonly Photo[], id: string): Promise<Outcome> {
  const body = bodyOf(form, photos);
  const first = await post(body, id);
  if (first.kind !== "problems" || !first.problems.some((problem) => problem.field === "stamp")) return first;
  try {
    body.set("stamp", (await getJson<{ stamp: string }>("/report/stamp")).stamp);
  } catch {
    return { kind: "later", reason: "offline" };
  }
  return post(body, id);
}

async function post(body: FormData, id: string): Promise<Outcome> {
  try {
    const answer = await fetch("/report", { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(WAIT), redirect: "error" });
    const told: unknown = await answer.json().catch(() => ({}));
    return outcomeOf(answer.status, told as Parameters<typeof outcomeOf>[1], id);
  } catch {
    return { kind: "later", reason: "offline" };
  }
}
