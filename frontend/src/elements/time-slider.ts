/** One month after the other: what was filed in it, by hand or playing. */
import { getJson } from "../http.ts";
import { need } from "../report/fields.ts";
import { monthOf, monthsBetween, sayMonth, stepAfter, withMonth, withoutMonth } from "../map-page/months.ts";
import { change, current, watchMap } from "../map-page/store.ts";
import { say } from "../words.ts";

/** How long a month is shown while it plays; longer for whoever wants little motion. */
const BEAT = 1400;
const CALM_BEAT = 4000;
const SVG = "http://www.w3.org/2000/svg";

export class TimeSlider extends HTMLElement {
  #months: string[] = [];
  #timer = 0;

  connectedCallback(): void {
    this.#opener.addEventListener("click", () => void (this.hidden ? this.#open() : this.#close()));
    this.addEventListener("click", (event) => {
      if ((event.target as Element).closest("[data-close]")) this.#close();
      if ((event.target as Element).closest("[data-play]")) this.#timer ? this.#stop() : this.#play();
    });
    this.#range.addEventListener("input", () => {
      this.#stop();
      this.#choose(Number(this.#range.value));
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.#stop());
    watchMap(["filter"], () => this.#write());
    if (monthOf(current().filter)) void this.#open();
  }

  get #opener(): HTMLElement {
    return need(document, "[data-open-time]");
  }

  get #range(): HTMLInputElement {
    return need(this, "input");
  }

  async #open(): Promise<void> {
    this.hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    try {
      const counts = this.#months.length ? null : await getJson<{ month: string; n: number }[]>("/map/months.json");
      if (counts) this.#fill(counts);
    } catch {
      need(this, "output").textContent = say("time_failed");
      return;
    }
    const at = this.#months.indexOf(monthOf(current().filter) ?? "");
    this.#choose(at < 0 ? this.#months.length - 1 : at);
  }

  #close(): void {
    this.#stop();
    this.hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    if (monthOf(current().filter)) change({ filter: withoutMonth(current().filter) });
    this.#opener.focus();
  }

  #fill(counts: { month: string; n: number }[]): void {
    this.#months = monthsBetween(counts[0]?.month ?? "", counts.at(-1)?.month ?? "");
    this.#range.max = String(Math.max(0, this.#months.length - 1));
    const n = new Map(counts.map((one) => [one.month, one.n]));
    const most = Math.max(1, ...n.values());
    const bars = need(this, ".time-bars");
    bars.setAttribute("viewBox", `0 0 ${Math.max(1, this.#months.length)} 1`);
    bars.replaceChildren(...this.#months.map((month, at) => bar(at, (n.get(month) ?? 0) / most)));
  }

  #choose(at: number): void {
    const month = this.#months[at];
    if (month) change({ filter: withMonth(current().filter, month) });
    this.#write();
  }

  #write(): void {
    const month = monthOf(current().filter);
    const at = this.#months.indexOf(month ?? "");
    if (this.hidden || !month || at < 0) return;
    this.#range.value = String(at);
    const words = sayMonth(month, document.documentElement.lang);
    this.#range.setAttribute("aria-valuetext", words);
    need(this, "output").textContent = words;
    need(this, ".time-bars")
      .querySelectorAll("rect")
      .forEach((one, number) => one.classList.toggle("now", number === at));
  }

  #play(): void {
    const beat = matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM_BEAT : BEAT;
    this.#timer = window.setInterval(() => this.#choose(stepAfter(Number(this.#range.value), this.#months.length)), beat);
    this.#said(true);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#said(false);
  }

  #said(playing: boolean): void {
    const button = need(this, "[data-play]");
    button.setAttribute("aria-label", say(playing ? "pause" : "play"));
    button.classList.toggle("playing", playing);
  }
}

function bar(at: number, height: number): SVGRectElement {
  const one = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: at + 0.08, y: 1 - height, width: 0.84, height })) one.setAttribute(name, String(value));
  return one;
}
