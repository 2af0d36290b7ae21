/** What arrived lately: its number, and the reports that others made of the same thing meanwhile. */
import type { Receipt } from "../store/types.ts";
import { ago, say } from "../words.ts";
import type { Card } from "./card.ts";

export function fillInReceipt(card: Card, receipt: Receipt): void {
  card.put("kind", receipt.kind === "report" ? "" : say(`kind_${receipt.kind}`));
  card.title(receipt.title || receipt.service_request_id);
  card.put("state", say(receipt.tooLate ? "too_late_to_take_back" : "sent_ago", { ago: ago(receipt.sent, Date.now(), document.documentElement.lang) }));
  const number = card.part<HTMLAnchorElement>("number");
  number.href = `/requests/${encodeURIComponent(receipt.service_request_id)}`;
  card.put("number", receipt.service_request_id);
  const likely = card.part("likely");
  likely.hidden = receipt.likely.length === 0;
  if (!likely.hidden) likely.replaceChildren(say("likely"), ...receipt.likely.flatMap((other) => [" ", linkTo(other)]));
}

function linkTo(service_request_id: string): HTMLAnchorElement {
  return Object.assign(document.createElement("a"), { className: "number", href: `/requests/${encodeURIComponent(service_request_id)}`, textContent: service_request_id });
}
