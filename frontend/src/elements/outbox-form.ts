/**
 * A form of a request's page that goes through the outbox: it works without a network, and never twice. What waits already is shown
 * instead of the form. Without JavaScript, or where the phone keeps nothing, the form inside is posted as it stands.
 */
import { items, queue, settled, watch } from "../outbox.ts";
import { stateOf } from "../my/state.ts";
import { need, writeFields } from "../report/fields.ts";
import { clearProblems, markField } from "../report/show-problems.ts";
import { findReceipt } from "../store/receipts.ts";
import type { Field, Item, Trouble } from "../store/types.ts";
import { say } from "../words.ts";

const WAIT_MS = 6000;

export class OutboxForm extends HTMLElement {
  form!: HTMLFormElement;
  #state!: HTMLElement;
  /** The item that this form mends or has queued; null for none. */
  #own: string | null = null;
  /** The item whose state is shown. */
  #told: string | null = null;
  #busy = false;
  #marked = 0;
  #stop = (): void => undefined;

  connectedCallback(): void {
    this.form = need(this, "form");
    this.#state = need(this, "[data-state]");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#stop = watch(() => void this.#look());
    void this.#look();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  get #mending(): string | null {
    return new URLSearchParams(location.search).get("mend");
  }

  async #send(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const button = need<HTMLButtonElement>(this.form, "button:not([type=button])");
    button.ariaBusy = "true";
    clearProblems(this);
    try {
      await this.#queued();
    } catch {
      // This phone keeps nothing: the form goes as it would without a script.
      this.form.submit();
      return;
    }
    const told = await settled(this.#own ?? "", WAIT_MS);
    button.ariaBusy = null;
    this.#busy = false;
    if (told.kind === "sent") return location.assign(told.receipt.url);
    if (told.kind === "gone") return void this.#gone();
    if (told.kind === "waiting") this.form.reset();
    this.#show(told.item);
  }

  async #queued(): Promise<void> {
    const fields = [...new FormData(this.form)].flatMap(([name, value]): Field[] => (typeof value === "string" && value !== "" ? [[name, value]] : []));
    const item = await queue({
      ...(this.#own ? { client_request_id: this.#own } : {}),
      kind: this.getAttribute("kind") ?? "",
      subject: this.getAttribute("subject") ?? "",
      title: this.dataset["title"] ?? "",
      language: document.documentElement.lang,
      fields,
    });
    this.#own = this.#told = item.client_request_id;
  }

  /** Shows what waits for this request already, once it is known or changes. */
  async #look(): Promise<void> {
    if (this.#busy) return;
    const kind = this.getAttribute("kind");
    const all = (await items().catch(() => [])).filter((one) => one.kind === kind && one.subject === this.getAttribute("subject"));
    const item = all.find((one) => one.client_request_id === (this.#own ?? this.#mending)) ?? all.at(-1);
    if (item) this.#show(item);
    else if (this.#told) await this.#gone();
  }

  #show(item: Item): void {
    const mending = item.state === "needs-you";
    if (mending && this.#own !== item.client_request_id) writeFields(this.form, item.fields);
    this.#told = item.client_request_id;
    this.#own = mending || item.kind !== "comment" ? item.client_request_id : null;
    const around = { online: navigator.onLine, now: Date.now(), language: document.documentElement.lang, say };
    const { words, tone } = stateOf(item, around);
    if (tone === "wait") this.#say([this.dataset["waits"], item.trouble && item.trouble.reason !== "offline" ? words : ""].filter(Boolean).join(" "), "wait");
    else this.#say(words, tone === "bad" ? "bad" : "wait");
    // Words may be added as often as one likes; the others are done once.
    this.form.hidden = !mending && item.kind !== "comment";
    if (mending) this.#mark(item.trouble);
  }

  /** Each refusal is marked once: what the person has mended since is left alone. */
  #mark(trouble: Trouble | null): void {
    if (!trouble || trouble.at === this.#marked) return;
    this.#marked = trouble.at;
    for (const problem of trouble.problems) markField(this, problem);
    for (const inside of [this, ...this.querySelectorAll(".wrong")]) inside.closest("details")?.setAttribute("open", "");
  }

  /** It was sent, or deleted on another page: what this page shows is old. */
  async #gone(): Promise<void> {
    const sent = this.#told && (await findReceipt(this.#told).catch(() => undefined));
    this.#own = this.#told = null;
    this.form.hidden = false;
    this.#say((sent && this.dataset["done"]) || "", "good");
  }

  #say(words: string, tone: "wait" | "bad" | "good"): void {
    this.#state.className = `note ${tone}`;
    if (this.#state.textContent !== words) this.#state.textContent = words;
    this.#state.hidden = !words;
  }
}
