/** "Not sent yet" and "Sent": what this phone holds for the city, live, with what a person may do about each. */
import { isUnsent, items, NotKept, receipts, sendNow, watch } from "../outbox.ts";
import { act, putAway } from "../my/acts.ts";
import { CardList } from "../my/card-list.ts";
import { Card } from "../my/card.ts";
import { fillInReceipt } from "../my/receipts.ts";
import { Teller } from "../my/teller.ts";
import { pictureOf } from "../my/thumb.ts";
import { fillIn, firstPhoto, idOf, inOrder, type Unsent } from "../my/unsent.ts";
import { need } from "../report/fields.ts";
import { allDrafts } from "../store/drafts.ts";
import type { Receipt } from "../store/types.ts";
import { say } from "../words.ts";

const REST_MS = 150;

export class OutboxList extends HTMLElement {
  #unsent!: CardList<Unsent>;
  #arrived!: CardList<Receipt>;
  #teller!: Teller;
  #now = new Map<string, Unsent>();
  #timer = 0;
  #stop = (): void => undefined;

  connectedCallback(): void {
    this.#unsent = new CardList(need(this, "[data-waiting] [data-list]"), (one) => this.#unsentCard(one), fillIn);
    this.#arrived = new CardList(need(this, "[data-arrived] [data-list]"), (one) => this.#receiptCard(one), fillInReceipt);
    this.#teller = new Teller(need(this, "[data-said]"));
    need(this, "[data-all]").addEventListener("click", (event) => void this.#carryOut(event.currentTarget as HTMLElement, () => sendNow()));
    const soon = (): void => this.#soon();
    for (const event of ["online", "offline", "pageshow"]) addEventListener(event, soon);
    const stop = watch(soon);
    this.#stop = () => {
      stop();
      for (const event of ["online", "offline", "pageshow"]) removeEventListener(event, soon);
    };
    void this.#show();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  /** Many changes within a moment are shown once. */
  #soon(): void {
    this.#timer ||= window.setTimeout(() => {
      this.#timer = 0;
      void this.#show();
    }, REST_MS);
  }

  async #show(): Promise<void> {
    const [waiting, arrived, drafts] = await Promise.all([items().catch(() => []), receipts().catch(() => []), allDrafts().catch(() => [])]);
    const unsent = inOrder(waiting, drafts);
    // The same number as in the header and on the app's icon: drafts are not on their way.
    const count = waiting.filter(isUnsent).length;
    this.#now = new Map(unsent.map((one) => [idOf(one), one]));
    this.hidden = unsent.length + arrived.length === 0;
    need<HTMLElement>(this, "[data-waiting]").hidden = unsent.length === 0;
    need<HTMLElement>(this, "[data-arrived]").hidden = arrived.length === 0;
    need<HTMLElement>(this, "[data-calm]").hidden = waiting.length === 0;
    need<HTMLElement>(this, "[data-all]").hidden = waiting.filter((item) => item.state === "waiting").length < 2;
    need(this, "[data-count]").textContent = count > 1 ? `(${count})` : "";
    this.#teller.tell(waiting, arrived);
    await Promise.all([this.#unsent.show(unsent, idOf), this.#arrived.show(arrived, (one) => one.client_request_id)]);
  }

  #unsentCard(unsent: Unsent): Card {
    const id = idOf(unsent);
    const card = new Card(need(this, "template[data-unsent]"), (what, button) => {
      const now = this.#now.get(id);
      if (now) void this.#carryOut(button, () => act(what, now));
    });
    const photo = firstPhoto(unsent);
    if (photo) card.picture(() => pictureOf(photo));
    return card;
  }

  #receiptCard(receipt: Receipt): Card {
    return new Card(need(this, "template[data-receipt]"), (_, button) => void this.#carryOut(button, () => putAway(receipt.client_request_id)));
  }

  /** For eyes and ears, until the next thing is done. */
  #trouble(words: string): void {
    const note = need<HTMLElement>(this, "[data-trouble]");
    note.textContent = words;
    note.hidden = !words;
    if (words) note.scrollIntoView({ block: "nearest" });
  }

  async #carryOut(button: HTMLElement, work: () => Promise<void>): Promise<void> {
    button.ariaBusy = "true";
    this.#trouble("");
    try {
      await work();
    } catch (error) {
      this.#trouble(say(error instanceof NotKept && error.reason === "full" ? "full" : "failed"));
    }
    button.ariaBusy = null;
    await this.#show();
  }
}
