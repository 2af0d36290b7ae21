import { say } from "./copy-text.ts";

/** Shares an address through the phone's own sheet, or copies it where there is none. */
export class ShareLink extends HTMLElement {
  connectedCallback(): void {
    if (!navigator.share && !navigator.clipboard) return;
    this.hidden = false;
    this.querySelector("button")?.addEventListener("click", () => void this.share());
  }

  private async share(): Promise<void> {
    const url = this.getAttribute("url") ?? location.href;
    const title = this.getAttribute("label") ?? document.title;
    if (navigator.share) {
      // A sheet that was closed without a choice rejects: that is no failure.
      await navigator.share({ title, url }).catch(() => undefined);
      return;
    }
    await navigator.clipboard.writeText(url);
    say(this, this.getAttribute("copied") ?? "");
  }
}
