/** What stands in "Not sent yet": things that wait to be sent, and drafts. */
import type { Draft, Item } from "../store/types.ts";
import { ago, say } from "../words.ts";
import type { Card } from "./card.ts";
import { mayMend, stateOf } from "./state.ts";

export type Unsent = { item: Item; draft?: undefined } | { draft: Draft; item?: undefined };

export function idOf({ item, draft }: Unsent): string {
  return (item ?? draft).client_request_id;
}

/** Oldest first. */
export function inOrder(items: readonly Item[], drafts: readonly Draft[]): Unsent[] {
  const all: [number, Unsent][] = [...items.map((item): [number, Unsent] => [item.made, { item }]), ...drafts.map((draft): [number, Unsent] => [draft.saved, { draft }])];
  return all.sort(([one], [other]) => one - other).map(([, unsent]) => unsent);
}

/** The photo that stands for it in the list. */
export function firstPhoto({ item, draft }: Unsent): string | undefined {
  return item ? item.photos[0]?.id : draft.photos[0];
}

export function fillIn(card: Card, { item, draft }: Unsent): void {
  const language = document.documentElement.lang;
  if (draft) {
    const begun = say("draft_begun", { ago: ago(draft.saved, Date.now(), language) });
    if (!card.isNew(draft.title, begun)) return;
    card.title(draft.title || say("untitled"));
    card.put("state", begun);
    card.part<HTMLAnchorElement>("do=resume").href = `/report?draft=${encodeURIComponent(draft.client_request_id)}`;
    card.offer(["resume", "discard"]);
    return;
  }
  const { words, tone } = stateOf(item, { online: navigator.onLine, now: Date.now(), language, say });
  const buttons = buttonsOf(item);
  if (!card.isNew(item.title, words, tone, buttons)) return;
  card.put("kind", item.kind === "report" ? "" : say(`kind_${item.kind}`));
  card.title(item.title || say("untitled"));
  card.put("state", words);
  card.part("state").className = `waiting-state ${tone}`;
  card.offer(buttons);
}

/** What a person may do about it now. */
export function buttonsOf(item: Item): string[] {
  if (item.state === "deleting") return [];
  if (item.state === "sending") return ["more", "export", "delete"];
  const first = item.trouble?.reason === "sign-in" ? ["sign-in"] : item.state === "waiting" ? ["send"] : [];
  return [...first, ...(mayMend(item) ? ["mend"] : []), ...(item.draft && item.state === "needs-you" ? ["anew"] : []), "more", "export", "delete"];
}
