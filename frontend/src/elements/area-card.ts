/** The area that the map is about: its figures, and the way to its page. */
import { need } from "../report/fields.ts";
import { measureName } from "../map-page/facts.ts";
import { ratesOf } from "../map-page/rates.ts";
import { sayFigure } from "../map-page/sorting.ts";
import { without } from "../map-page/state.ts";
import { change, current, watchMap } from "../map-page/store.ts";
import { say } from "../words.ts";

/** What a card tells first. */
const FIGURES = ["open", "late_share", "median_days", "per_1000"];

export class AreaCard extends HTMLElement {
  #shown = "";

  connectedCallback(): void {
    watchMap(["filter"], () => void this.#show());
    this.addEventListener("click", (event) => {
      if ((event.target as Element).closest("[data-leave]")) change({ filter: without(current().filter, "area") });
    });
    void this.#show();
  }

  async #show(): Promise<void> {
    const { area = "" } = current().filter;
    this.hidden = !area;
    if (!area || area === this.#shown) return;
    this.#shown = area;
    const cut = area.indexOf(":");
    const [layer, code] = [area.slice(0, cut), area.slice(cut + 1)];
    const option = document.querySelector<HTMLOptionElement>(`#f-area option[value="${CSS.escape(area)}"]`);
    need(this, "h3").textContent = option?.textContent ?? area;
    need<HTMLAnchorElement>(this, "a").href = `/areas/${encodeURIComponent(layer)}/${encodeURIComponent(code)}`;
    const list = need(this, "dl");
    list.replaceChildren();
    const figures = await Promise.all(FIGURES.map(async (measure) => (await ratesOf({ ...current(), filter: {}, layer, measure }))?.areas.find((one) => one.code === code) ?? null));
    if (this.#shown !== area) return;
    list.replaceChildren(...figures.flatMap((figure, at) => (figure ? [this.#figure(FIGURES[at]!, figure.value)] : [])));
  }

  #figure(measure: string, value: number | null): HTMLElement {
    const box = document.createElement("div");
    const said = value === null ? say("too_few") : sayFigure(value, measure, document.documentElement.lang);
    box.append(Object.assign(document.createElement("dt"), { textContent: measureName(measure) }), Object.assign(document.createElement("dd"), { textContent: said }));
    return box;
  }
}
