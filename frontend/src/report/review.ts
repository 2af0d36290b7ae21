/** The last look before sending, and what the rules of the chosen kind show or hide. */
import type { ReportForm } from "../elements/report-form.ts";
import { say } from "../words.ts";
import { need, valueOf } from "./fields.ts";
import type { Kind } from "./kind-index.ts";

export function fillReview(page: ReportForm): void {
  const told = {
    photos: page.photos.count ? String(page.photos.count) : say("review_none"),
    place: valueOf(page.form, "address_string") || say("review_pin"),
    kind: page.kind.chosen?.name ?? need(page.kind, "[data-chosen] [data-name]").textContent ?? "",
  };
  for (const [name, words] of Object.entries(told)) need(page, `[data-review="${name}"]`).textContent = words;
}

export function followRules(page: HTMLElement, kind: Kind | null): void {
  const contact = kind?.contact ?? "optional";
  const text = kind?.text ?? "public";
  for (const part of page.querySelectorAll<HTMLElement>("[data-contact-rule]")) {
    part.hidden = !(part.dataset["contactRule"] ?? "").split(" ").includes(contact);
  }
  for (const part of page.querySelectorAll<HTMLElement>("[data-text-rule]")) part.hidden = part.dataset["textRule"] !== text;
}
