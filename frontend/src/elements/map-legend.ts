/** The legend: of what the map shows now. */
import { need } from "../report/fields.ts";
import { ratesOf } from "../map-page/rates.ts";
import { sayFigure } from "../map-page/sorting.ts";
import { current, isStillAsked, QUESTION, watchMap } from "../map-page/store.ts";
import { say } from "../words.ts";

const DESK = "(min-width: 64rem)";

export class MapLegend extends HTMLElement {
  connectedCallback(): void {
    need<HTMLDetailsElement>(this, "details").open = matchMedia(DESK).matches;
    watchMap(QUESTION, () => void this.#show());
    void this.#show();
  }

  async #show(): Promise<void> {
    const state = current();
    for (const part of this.querySelectorAll<HTMLElement>("[data-for]")) part.hidden = part.dataset["for"] !== state.colour;
    if (state.colour !== "rates") return;
    const rates = await ratesOf(state);
    if (!isStillAsked(state)) return;
    const language = document.documentElement.lang;
    const told = (value: number): string => sayFigure(value, rates?.measure ?? "", language);
    const rows = (rates?.classes ?? []).map(({ from, to }, at) => line(`c${at}`, from === to ? told(from) : say("from_to", { from: told(from), to: told(to) })));
    need(this, "[data-for=rates]").replaceChildren(...rows, line("few", say("too_few")));
  }
}

function line(swatch: string, words: string): HTMLLIElement {
  const row = document.createElement("li");
  const mark = Object.assign(document.createElement("span"), { className: `swatch ${swatch}` });
  row.append(mark, words);
  return row;
}
