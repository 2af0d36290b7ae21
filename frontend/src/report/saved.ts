/** After "Send": the report is safe on this phone, and what becomes of it while the person looks. */
import { watch } from "../outbox.ts";
import { stateOf } from "../my/state.ts";
import { findItem } from "../store/items.ts";
import { findReceipt } from "../store/receipts.ts";
import type { Item, Receipt } from "../store/types.ts";
import { say } from "../words.ts";
import { need } from "./fields.ts";

export class Saved {
  readonly #panel: HTMLElement;
  #shown: string | null = null;

  constructor(readonly page: HTMLElement) {
    this.#panel = need(page, "[data-saved]");
    watch(() => void this.refresh());
    for (const event of ["online", "offline"]) addEventListener(event, () => void this.refresh());
  }

  get id(): string | null {
    return this.#shown;
  }

  /** Takes the place of the form. The address names the report, so that a reload comes back to it. */
  async show(id: string): Promise<void> {
    const first = this.#shown === null;
    this.#shown = id;
    history.replaceState(history.state, "", `/report?draft=${encodeURIComponent(id)}#saved`);
    await this.refresh();
    for (const part of this.page.children) (part as HTMLElement).hidden = part !== this.#panel && !part.matches("[data-said]");
    if (!first) return;
    scrollTo(0, 0);
    need<HTMLElement>(this.#panel, "[data-title]").focus({ preventScroll: true });
  }

  async refresh(): Promise<void> {
    const id = this.#shown;
    if (!id || ["sent", "joined"].includes(this.#panel.dataset["saved"] ?? "")) return;
    const receipt = await findReceipt(id).catch(() => undefined);
    const item = await findItem(id).catch(() => undefined);
    if (receipt) this.#sent(receipt);
    else if (item) this.#waits(item);
    else this.#gone();
  }

  #sent(receipt: Receipt): void {
    this.#turn(receipt.kind === "join" ? "joined" : "sent", "");
    const number = need<HTMLAnchorElement>(this.#panel, "[data-number]");
    number.textContent = receipt.service_request_id;
    number.href = receipt.url;
    need<HTMLAnchorElement>(this.#panel, "[data-open]").href = receipt.url;
  }

  #waits(item: Item): void {
    const { words, tone } = stateOf(item, { online: navigator.onLine, now: Date.now(), language: document.documentElement.lang, say });
    // That it is saved, and is sent by itself, is said already.
    const refused = item.kind === "report" ? "needs-you" : "refused";
    this.#turn(tone === "bad" ? refused : "waits", item.trouble || tone === "busy" ? words : "");
    const mended = `/report?draft=${encodeURIComponent(item.client_request_id)}`;
    for (const link of this.#panel.querySelectorAll<HTMLAnchorElement>("[data-mend]")) link.href = mended;
  }

  /** It was deleted, or put away, on another page. */
  #gone(): void {
    this.#turn("gone", "");
  }

  #turn(state: string, words: string): void {
    this.#panel.dataset["saved"] = state;
    for (const part of this.#panel.querySelectorAll<HTMLElement>("[data-when]")) part.hidden = !(part.dataset["when"] ?? "").split(" ").includes(state);
    const live = need<HTMLElement>(this.#panel, "[data-state]");
    if (live.textContent !== words) live.textContent = words;
  }
}
