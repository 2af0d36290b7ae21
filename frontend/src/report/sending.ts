/** "Send": the report goes into the outbox, and the person sees what became of it. */
import type { ReportForm } from "../elements/report-form.ts";
import { mend, queueDraft, settled } from "../outbox.ts";
import type { Draft, Problem } from "../store/types.ts";
import { say } from "../words.ts";
import { need } from "./fields.ts";
import { send } from "./send.ts";

/** How long a person looks at "Sending…" before the page says that they may go. */
const WAIT_MS = 8000;

export type End = { kind: "sent"; url: string } | { kind: "saved" } | { kind: "problems"; problems: Problem[] } | { kind: "failed" };

export class Sending {
  readonly #note: HTMLElement;
  readonly #button: HTMLButtonElement;

  constructor(readonly page: ReportForm) {
    this.#note = need(page, "[data-sending]");
    this.#button = need(page, "[data-send]");
  }

  /** Sends once; a second press meanwhile does nothing (undefined). `queued`: the outbox has it, the form is only a picture of it. */
  async run(draft: Draft, queued: () => void): Promise<End | undefined> {
    if (this.busy) return undefined;
    this.#button.ariaBusy = "true";
    this.#show("", say("sending"));
    try {
      if (!(await this.#queued(draft))) return await this.#direct();
      queued();
      return await this.#awaited(draft.client_request_id);
    } finally {
      this.#button.ariaBusy = null;
    }
  }

  get busy(): boolean {
    return this.#button.ariaBusy === "true";
  }

  async #queued(draft: Draft): Promise<boolean> {
    try {
      await queueDraft(draft, { kind: "report", title: draft.title, language: document.documentElement.lang, seen: draft.seen ?? [] });
      return true;
    } catch (error) {
      console.warn(error);
      return false;
    }
  }

  async #awaited(id: string): Promise<End> {
    const told = await settled(id, WAIT_MS);
    if (told.kind === "sent") return { kind: "sent", url: told.receipt.url };
    if (told.kind !== "needs-you") return { kind: "saved" };
    const { problems } = await mend(id);
    const said = told.item.trouble?.said || say("send_problems");
    this.#show("bad", problems?.length ? say("send_problems") : said);
    return { kind: "problems", problems: problems ?? [] };
  }

  /** A phone that keeps nothing: the page itself sends, and must stay open. */
  async #direct(): Promise<End> {
    const outcome = await send(this.page.form, this.page.photos.photos, this.page.reportId);
    if (outcome.kind === "sent") return outcome;
    if (outcome.kind === "later") this.#show("bad", say("send_failed"), say(`send_${outcome.reason}`));
    else this.#show("bad", outcome.problems.length ? say("send_problems") : outcome.said || say("send_problems"));
    return outcome.kind === "later" ? { kind: "failed" } : outcome;
  }

  #show(kind: string, title: string, more = ""): void {
    this.#note.className = `sending note ${kind}`;
    const lines = [title, more].filter(Boolean).map((words, number) => {
      const line = document.createElement("p");
      line.append(number === 0 ? Object.assign(document.createElement("strong"), { textContent: words }) : words);
      return line;
    });
    this.#note.replaceChildren(...lines);
    this.#note.hidden = false;
  }
}
