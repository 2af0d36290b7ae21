/** What the person sees while a report is sent, and when it could not be. */
import type { ReportForm } from "../elements/report-form.ts";
import { say } from "../words.ts";
import { need } from "./fields.ts";
import type { Outcome } from "./outcome.ts";
import { send } from "./send.ts";

export class Sending {
  readonly #note: HTMLElement;
  readonly #button: HTMLButtonElement;

  constructor(readonly page: ReportForm) {
    this.#note = need(page, "[data-sending]");
    this.#button = need(page, "[data-send]");
  }

  /** Sends once; a second press meanwhile does nothing. */
  async run(again: () => void): Promise<Outcome> {
    if (this.#button.ariaBusy === "true") return { kind: "problems", problems: [], said: "" };
    this.#button.ariaBusy = "true";
    this.#show("", say("sending"));
    const outcome = await send(this.page.form, this.page.photos.photos, this.page.reportId);
    this.#button.ariaBusy = null;
    if (outcome.kind === "later") this.#failed(outcome.reason, again);
    else if (outcome.kind === "problems") this.#show("bad", outcome.problems.length ? say("send_problems") : outcome.said || say("send_problems"));
    return outcome;
  }

  #failed(reason: "offline" | "server", again: () => void): void {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: say("send_again") });
    button.addEventListener("click", again);
    this.#show("bad", say("send_failed"), say(reason === "offline" ? "send_offline" : "send_server"), button);
    this.#note.scrollIntoView({ block: "center" });
    button.focus();
  }

  #show(kind: string, title: string, more = "", button?: HTMLElement): void {
    this.#note.className = `sending note ${kind}`;
    const lines = [title, more].filter(Boolean).map((words, number) => {
      const line = document.createElement("p");
      line.append(number === 0 ? Object.assign(document.createElement("strong"), { textContent: words }) : words);
      return line;
    });
    this.#note.replaceChildren(...lines, ...(button ? [button] : []));
    this.#note.hidden = false;
  }
}
