/** Says that a request's page is open, and shows who else has it open. */

const EVERY = 20_000;

export class DeskPresence extends HTMLElement {
  #timer = 0;
  #ends = new AbortController();

  connectedCallback(): void {
    const { signal } = this.#ends;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : void this.#say()), { signal });
    addEventListener("pagehide", () => this.#leave(), { signal });
    if (!document.hidden) void this.#say();
  }

  disconnectedCallback(): void {
    this.#leave();
    this.#ends.abort();
  }

  async #say(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#say(), EVERY);
    const answer = await fetch(this.#address, { method: "POST", headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) }).catch(() => null);
    if (answer?.ok) {
      const there = await answer.text();
      if (there.trim() !== this.innerHTML.trim()) this.innerHTML = there;
    } else if (answer && answer.status < 500) clearTimeout(this.#timer);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    navigator.sendBeacon(this.#address, new URLSearchParams({ gone: "yes" }));
  }

  get #address(): string {
    return this.getAttribute("address") ?? "";
  }
}

customElements.define("desk-presence", DeskPresence);
