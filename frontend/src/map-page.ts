// What the map page does once there is JavaScript: its parts, and what they tell each other.
import { AreaCard } from "./elements/area-card.ts";
import { AreaRates, GO_TO_BOX, showArea } from "./elements/area-rates.ts";
import { MapFilter } from "./elements/map-filter.ts";
import { MapLegend } from "./elements/map-legend.ts";
import { LOOKED_AT, MapList } from "./elements/map-list.ts";
import { type FoundThing, MapSearch } from "./elements/map-search.ts";
import { MapView, TAPPED } from "./elements/map-view.ts";
import { TimeSlider } from "./elements/time-slider.ts";
import { circleHere } from "./map-page/near.ts";
import { showTapped } from "./map-page/tapped.ts";
import type { Box, Tapped } from "./map/types.ts";
import type { Point } from "./report/geo.ts";

customElements.define("map-filter", MapFilter);
customElements.define("map-list", MapList);
customElements.define("map-search", MapSearch);
customElements.define("time-slider", TimeSlider);
customElements.define("map-legend", MapLegend);
customElements.define("area-card", AreaCard);
customElements.define("area-rates", AreaRates);
customElements.define("map-view", MapView);

const ZOOM_PLACE = 18;
const map = document.querySelector<MapView>("map-view");
const list = document.querySelector<MapList>("map-list");

document.addEventListener(LOOKED_AT, (event) => map?.map?.mark((event as CustomEvent<Point | null>).detail));
document.addEventListener(GO_TO_BOX, (event) => map?.map?.fit((event as CustomEvent<Box>).detail));
document.addEventListener(TAPPED, (event) => list && void showTapped((event as CustomEvent<Tapped>).detail, list));
document.querySelector("[data-near-me]")?.addEventListener("click", (event) => circleHere(event.currentTarget as HTMLElement, (at) => map?.map?.goTo(at, 16)));

document.addEventListener("place-found", (event) => {
  const found = (event as CustomEvent<FoundThing>).detail;
  if (found.kind === "area" && map) return void showArea(map, found.layer ?? "", found.code ?? "", found.bbox);
  map?.map?.goTo(found, ZOOM_PLACE);
  map?.map?.mark(found);
  if (found.kind === "request") list && void showTapped({ kind: "request", at: found }, list);
});
