/** The rates of a layer's areas as a table that sorts: the same figures and classes as the map's colours. */
import { need } from "../report/fields.ts";
import { measureName } from "../map-page/facts.ts";
import { boxOf } from "../map-page/outlines.ts";
import { type AreaRate, MEASURE, type Rates, ratesOf } from "../map-page/rates.ts";
import { type Column, type Order, pressed, sayFigure, sorted } from "../map-page/sorting.ts";
import { change, current, isStillAsked, QUESTION, watchMap } from "../map-page/store.ts";
import type { Box } from "../map/types.ts";
import { sayNumber } from "../numbers.ts";
import { say } from "../words.ts";

export const GO_TO_BOX = "map-go-to-box";

export class AreaRates extends HTMLElement {
  #order: Order = { column: "value", down: true };
  #rates: Rates | null = null;

  connectedCallback(): void {
    watchMap(QUESTION, () => void this.#load());
    this.addEventListener("click", (event) => this.#pressed(event.target as Element));
    void this.#load();
  }

  async #load(): Promise<void> {
    const state = current();
    this.hidden = state.colour !== "rates" || !state.layer;
    if (this.hidden) return;
    this.setAttribute("aria-busy", "true");
    const rates = await ratesOf(state);
    if (!isStillAsked(state)) return;
    this.removeAttribute("aria-busy");
    this.#rates = rates;
    const name = measureName(state.measure || MEASURE);
    need(this, "caption").textContent = name;
    need(this, "[data-column=value]").textContent = name;
    need<HTMLElement>(this, "[data-failed]").hidden = rates !== null;
    for (const note of this.querySelectorAll<HTMLElement>("[data-left-out]")) {
      note.hidden = !(rates?.left_out ?? []).some((name) => note.dataset["leftOut"]!.split(" ").includes(name));
    }
    this.#draw();
  }

  #draw(): void {
    const language = document.documentElement.lang;
    const rows = sorted(this.#rates?.areas ?? [], this.#order, language).map((area) => this.#row(area, language));
    need(this, "tbody").replaceChildren(...rows);
    for (const button of this.querySelectorAll<HTMLElement>("[data-column]")) {
      const here = button.dataset["column"] === this.#order.column;
      button.closest("th")?.setAttribute("aria-sort", here ? (this.#order.down ? "descending" : "ascending") : "none");
    }
  }

  #row(area: AreaRate, language: string): HTMLTableRowElement {
    const row = need<HTMLTemplateElement>(this, "template").content.firstElementChild!.cloneNode(true) as HTMLTableRowElement;
    const [link, show] = [need<HTMLAnchorElement>(row, "a"), need<HTMLButtonElement>(row, "button")];
    link.href = area.url;
    link.textContent = area.name;
    show.dataset["show"] = area.code;
    show.setAttribute("aria-label", say("show_area", { name: area.name }));
    need(row, "[data-value]").textContent = area.value === null ? say("too_few") : sayFigure(area.value, this.#rates?.measure ?? "", language);
    need(row, "[data-n]").textContent = sayNumber(area.n, language);
    need(row, ".swatch").classList.add(area.class === null ? "few" : `c${area.class}`);
    return row;
  }

  #pressed(target: Element): void {
    const column = target.closest<HTMLElement>("[data-column]")?.dataset["column"] as Column | undefined;
    if (column) {
      this.#order = pressed(this.#order, column);
      this.#draw();
    }
    const code = target.closest<HTMLElement>("[data-show]")?.dataset["show"];
    if (code) void showArea(this, current().layer, code);
  }
}

/** The map goes to an area, and is about it alone: its reports, not its neighbours' rates. `bbox`: where it lies, if that is known. */
export async function showArea(from: HTMLElement, layer: string, code: string, bbox?: Box): Promise<void> {
  change({ layer, colour: current().colour === "rates" ? "status" : current().colour, filter: { ...current().filter, area: `${layer}:${code}` } });
  const box = bbox ?? (await boxOf(layer, code));
  if (box) from.dispatchEvent(new CustomEvent<Box>(GO_TO_BOX, { bubbles: true, detail: box }));
}
