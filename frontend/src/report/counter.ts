/** Counts the characters that are left of a long text, once few are. */
import { fill } from "../words.ts";

const FEW = 400;

export function count(input: EventTarget | null): void {
  if (!(input instanceof HTMLTextAreaElement)) return;
  const counter = input.parentElement?.querySelector<HTMLElement>("[data-counter]");
  const left = Number(input.dataset["most"]) - [...input.value].length;
  if (!counter || Number.isNaN(left)) return;
  counter.hidden = left > FEW;
  counter.textContent = fill(counter.dataset["words"] ?? "", { left });
}
