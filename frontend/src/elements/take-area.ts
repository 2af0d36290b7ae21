/** Choosing an area, seeing what it weighs, and taking it along while its progress is told. */
import { canKeep, missingFiles, type Weight } from "../area/files.ts";
import { drawOffer } from "../area/offer.ts";
import { Refused } from "../area/refused.ts";
import { isFull } from "../store/not-kept.ts";
import { type Along, askAlong, takeAlong } from "../area/take.ts";
import type { KeptArea } from "../area/types.ts";
import { need, valueOf } from "../report/fields.ts";
import { say } from "../words.ts";

/** Bubbles when an area was taken along; its detail is what to say of it. */
export const TAKEN = "area-taken";

export class TakeArea extends HTMLElement {
  #busy: AbortController | null = null;

  connectedCallback(): void {
    if (!canKeep()) {
      this.#form.hidden = true;
      return this.#tell(say("unsupported"), "bad");
    }
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#try(async () => this.#offer(await this.#asked()));
    });
    this.#form.addEventListener("change", (event) => this.#changed(event.target as HTMLInputElement));
    need<HTMLElement>(this, "[data-stop]").addEventListener("click", () => this.#busy?.abort());
  }

  /** Fetches an area again that is kept already. */
  refresh(area: KeptArea): void {
    void this.#try(async () => {
      this.#tell(say("asking"));
      const along = { ...(await askAlong(area.asked)), name: area.name };
      await this.#take(area.asked, along, await missingFiles(), "fresh");
    });
  }

  get #form(): HTMLFormElement {
    return need(this, "form");
  }

  get #box(): HTMLElement {
    return need(this, "[data-offer]");
  }

  /** Around me, or one of the city's areas: never both. */
  #changed({ name, value }: HTMLInputElement): void {
    this.#box.hidden = true;
    const named = this.querySelector<HTMLSelectElement>("[name=named]");
    if (name === "area" && named) named.value = "";
    if (name === "named") this.querySelectorAll<HTMLInputElement>("[name=area]").forEach((one, at) => (one.checked = value === "" && at === 1));
  }

  /** How the server is asked for what is chosen. Rejects when the phone's position is wanted and not to be had. */
  async #asked(): Promise<string> {
    const named = valueOf(this.#form, "named");
    if (named) return named;
    this.#tell(say("locating"));
    const { coords } = await position();
    return new URLSearchParams({ lat: coords.latitude.toFixed(4), long: coords.longitude.toFixed(4) }).toString() + `&${valueOf(this.#form, "area")}`;
  }

  async #offer(asked: string): Promise<void> {
    this.#tell(say("asking"));
    const [along, files] = await Promise.all([askAlong(asked), missingFiles()]);
    this.#tell("");
    const button = await drawOffer(this.#box, along, files);
    this.#box.focus();
    button?.addEventListener("click", () =>
      void this.#try(async () => {
        await this.#take(asked, along, files, "taken");
      }),
    );
  }

  async #take(asked: string, along: Along, files: Weight, outcome: string): Promise<void> {
    const [fetching, bar] = [need<HTMLElement>(this, "[data-fetching]"), need<HTMLProgressElement>(this, "progress")];
    this.#busy = new AbortController();
    this.#tell("");
    this.#form.hidden = this.#box.hidden = true;
    fetching.hidden = false;
    try {
      void navigator.storage?.persist?.();
      await takeAlong(asked, along, files, (step, share, done, all) => {
        bar.value = share;
        need(this, "[data-step]").textContent = say(`fetch_${step}`, { done, all });
      }, this.#busy.signal);
      this.dispatchEvent(new CustomEvent(TAKEN, { bubbles: true, detail: say(outcome, { name: along.name }) }));
    } finally {
      fetching.hidden = true;
      this.#form.hidden = false;
    }
  }

  /** One thing at a time; what went wrong is told in the page. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#tell(this.#reason(error), "bad");
    }
  }

  #reason(error: unknown): string {
    if (error instanceof GeolocationPositionError) return say("no_position");
    if (error instanceof Refused) return error.message;
    if (this.#busy?.signal.aborted) return say("stopped");
    if (isFull(error)) return say("full");
    return say(navigator.onLine ? "failed" : "offline");
  }

  #tell(words: string, kind = ""): void {
    const said = need<HTMLElement>(this, "[data-said]");
    said.className = `note ${kind}`;
    said.textContent = words;
    said.hidden = !words;
  }
}

function position(): Promise<GeolocationPosition> {
  return new Promise((found, failed) => navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, maximumAge: 60_000, timeout: 15_000 }));
}
