/** What is so with one thing that waits to be sent, in words that a person can act on. */
import type { Item } from "../store/types.ts";
import { clock } from "../words.ts";

export interface State {
  words: string;
  /** wait: nothing to do · busy: something happens just now · bad: the person must act */
  tone: "wait" | "busy" | "bad";
}

export interface Around {
  online: boolean;
  now: number;
  language: string;
  say: (key: string, values?: Record<string, string | number>) => string;
}

export function stateOf(item: Item, around: Around): State {
  const { say } = around;
  if (item.state === "deleting") return { words: say(item.trouble || !around.online ? "state_deleting_later" : "state_deleting"), tone: "busy" };
  if (item.trouble?.reason === "sign-in") return { words: say("state_sign_in"), tone: "bad" };
  if (item.state === "needs-you") return { words: say("state_needs_you", { words: cityWords(item, say) || say("state_refused") }), tone: "bad" };
  if (item.state === "sending") return { words: sending(item, say), tone: "busy" };
  return { words: waiting(item, around), tone: "wait" };
}

/** What the city said of it, each sentence once. */
export function cityWords(item: Item, say: Around["say"]): string {
  const problems = item.trouble?.problems.map((problem) => problem.message || (problem.field.startsWith("photos[") ? say("photo_lost") : "")) ?? [];
  return [...new Set(problems.length ? problems : [item.trouble?.said ?? ""])].filter(Boolean).join(" ");
}

/** Photos go up one by one, and the report itself comes last. */
function sending(item: Item, say: Around["say"]): string {
  if (!item.photos.length) return say("state_sending");
  return say("state_sending_part", { part: item.photos.filter((photo) => photo.uploaded).length + 1, parts: item.photos.length + 1 });
}

function waiting(item: Item, { online, now, language, say }: Around): string {
  if (item.trouble && item.trouble.reason !== "refused") return say(`state_${item.trouble.reason}`, { time: clock(item.trouble.at, now, language) });
  return say(online ? "state_saved" : "state_no_signal");
}

/** Whether there is something to mend, and the city certainly does not have it: else what is mended would be lost. */
export function mayMend(item: Item): boolean {
  if (item.kind === "withdrawal" || (item.kind === "join" && !item.trouble?.problems.length)) return false;
  return item.state === "needs-you" || (item.state === "waiting" && !item.attempted);
}
