/** How a report ends: in the outbox, with the city, or back in the form with what is to be mended. */
import type { ReportForm } from "../elements/report-form.ts";
import { watch } from "../outbox.ts";
import { hear } from "../outbox/changes.ts";
import type { Draft, Problem } from "../store/types.ts";
import { isInOutbox } from "./draft.ts";
import type { DraftKeeper } from "./draft-keeper.ts";
import { Saved } from "./saved.ts";
import { Sending } from "./sending.ts";

export class Ending {
  readonly #sending: Sending;
  readonly #saved: Saved;

  constructor(
    readonly page: ReportForm,
    readonly keeper: DraftKeeper,
    readonly mend: (problems: Problem[]) => void,
  ) {
    this.#sending = new Sending(page);
    this.#saved = new Saved(page);
    watch(() => void this.#lookElsewhere());
    hear("forgotten", () => this.#forgotten());
  }

  async send(draft: Draft): Promise<void> {
    const end = await this.#sending.run(draft, () => this.keeper.leave());
    if (end?.kind === "saved") await this.showSaved(draft.client_request_id);
    else if (end?.kind === "sent") {
      await this.keeper.finish(draft.client_request_id);
      location.assign(end.url);
    } else if (end?.kind === "problems") {
      this.keeper.takeBack();
      this.mend(end.problems);
    }
  }

  /** The person follows another request instead. `waits`: the join's number while it is not sent; the draft is kept until then. */
  async joined(waits: string | null): Promise<void> {
    if (waits) await this.showSaved(waits);
    else await this.keeper.finish(this.page.reportId);
  }

  /** Shows what becomes of something that is in the outbox, in the place of the form. */
  async showSaved(id: string): Promise<void> {
    this.keeper.leave();
    await this.#saved.show(id);
  }

  /** Another tab has forgotten this device: what stands in the form here would be saved again. */
  #forgotten(): void {
    this.keeper.leave();
    location.replace("/report");
  }

  /** The same report may have been sent in another tab. */
  async #lookElsewhere(): Promise<void> {
    const id = this.page.reportId;
    if (this.#sending.busy || this.#saved.id || !id || !(await isInOutbox(id).catch(() => false))) return;
    if (!this.#sending.busy) await this.showSaved(id);
  }
}
