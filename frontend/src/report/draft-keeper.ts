/** Saves the draft a moment after each change, and at once when something may kill the page. */
import { deleteDraft, saveDraft } from "../store/drafts.ts";
import type { Draft } from "../store/types.ts";

const PAUSE = 400;
const CURRENT = "draft";

export class DraftKeeper {
  #timer = 0;
  #done = false;

  constructor(
    readonly compose: () => Draft | null,
    readonly failed: () => void,
  ) {
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void this.flush());
    addEventListener("pagehide", () => void this.flush());
  }

  schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush(), PAUSE);
  }

  /** Resolves when what is in the form now is on disk, or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const draft = this.#done ? null : this.compose();
    if (!draft) return;
    try {
      await saveDraft(draft);
      sessionStorage.setItem(CURRENT, draft.client_request_id);
    } catch {
      this.failed();
    }
  }

  /** The outbox has it: what the form still shows is saved no more. */
  leave(): void {
    this.#done = true;
    clearTimeout(this.#timer);
    sessionStorage.removeItem(CURRENT);
  }

  /** It came back from the outbox, to be mended. */
  takeBack(): void {
    this.#done = false;
  }

  /** The city has it, or it is not wanted: only now is the phone's copy deleted. */
  async finish(id: string): Promise<void> {
    this.leave();
    await deleteDraft(id).catch(() => undefined);
  }
}

/** The draft that this tab was writing when it was killed or reloaded. */
export function draftOfTab(): string | null {
  return sessionStorage.getItem(CURRENT);
}
