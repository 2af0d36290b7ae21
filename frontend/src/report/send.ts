/** Sends a report with its photos straight from the page, where the phone keeps nothing; by the outbox's own policy. */
import { getJson } from "../http.ts";
import { ask } from "../outbox/answer.ts";
import { type Outcome, outcomeOf } from "../outbox/policy.ts";
import type { Photo, Problem } from "../store/types.ts";

const NOT_SENT = ["step", "at", "do", "place", "kind_choice", "place_q", "kind_q", "media"];

export type Sent =
  | { kind: "sent"; url: string }
  | { kind: "problems"; problems: Problem[]; said: string }
  | { kind: "later"; reason: "offline" | "server" };

export function bodyOf(form: HTMLFormElement, photos: readonly Photo[]): FormData {
  const body = new FormData(form);
  for (const name of NOT_SENT) body.delete(name);
  for (const photo of photos) body.append("media", new Blob([photo.bytes], { type: photo.type }), photo.id);
  body.set("step", "send");
  return body;
}

/** Never rejects: whatever happens is an outcome. A page that was open too long gets a fresh stamp and one more try. */
export async function send(form: HTMLFormElement, photos: readonly Photo[], id: string): Promise<Sent> {
  const body = bodyOf(form, photos);
  const first = await post(body, id);
  if (first.kind !== "stamp") return sentOf(first);
  try {
    body.set("stamp", (await getJson<{ stamp: string }>("/report/stamp")).stamp);
  } catch {
    return { kind: "later", reason: "offline" };
  }
  return sentOf(await post(body, id));
}

async function post(body: FormData, id: string): Promise<Outcome> {
  return outcomeOf(await ask({ method: "POST", url: "/report", body }), id, Date.now());
}

function sentOf(outcome: Outcome): Sent {
  if (outcome.kind === "delivered" && typeof outcome.body.url === "string") return { kind: "sent", url: outcome.body.url };
  if (outcome.kind === "needs-you") return { kind: "problems", problems: outcome.trouble.problems, said: outcome.trouble.said };
  return { kind: "later", reason: outcome.kind === "wait" && outcome.trouble.reason === "offline" ? "offline" : "server" };
}
