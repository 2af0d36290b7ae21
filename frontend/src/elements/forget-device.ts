import { countUnsent, keepsAnything, wipe } from "../pwa/forget.ts";
import { fill } from "../words.ts";

/** Forgets this device: asks first, naming what is not sent, then the city's half and the phone's. */
export class ForgetDevice extends HTMLElement {
  async connectedCallback(): Promise<void> {
    const box = this.closest("details");
    box?.addEventListener("toggle", () => void this.#warn());
    this.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#forget(event.target as HTMLFormElement);
    });
    if (box?.hidden) box.hidden = !(await keepsAnything().catch(() => false));
  }

  async #warn(): Promise<number> {
    const count = await countUnsent().catch(() => 0);
    const note = this.querySelector<HTMLElement>("[data-warning]");
    if (note) {
      note.hidden = count === 0;
      note.textContent = fill(note.dataset["warning"] ?? "", { count });
    }
    return count;
  }

  async #forget(form: HTMLFormElement): Promise<void> {
    const count = await this.#warn();
    if (count && !window.confirm(fill(this.dataset["sure"] ?? "", { count }))) return;
    const button = form.querySelector("button");
    button?.setAttribute("aria-busy", "true");
    const told = await toldCity(form.action);
    await wipe();
    location.replace(told ? "/my?forgotten=1" : "/offline#forgotten");
  }
}

/** Whether the city has forgotten this device too: only its answer can take the cookie away. */
async function toldCity(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: "POST", redirect: "manual", signal: AbortSignal.timeout(8000) });
    return answer.ok || answer.type === "opaqueredirect";
  } catch {
    return false;
  }
}
