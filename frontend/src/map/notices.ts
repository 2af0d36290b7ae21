/** What the city's notices say of places: areas that they concern, shelters, closures and help points. */
import type { FeatureCollection } from "geojson";
import type { LayerSpecification, Map } from "maplibre-gl";
import { getJson } from "../http.ts";
import type { Palette } from "./palette.ts";
import type { Notice } from "./types.ts";

const ADDRESS = "/announcements.geojson";
const SOURCE = "notices";
const PLACES = "notice-places";

function layers(palette: Palette): LayerSpecification[] {
  const isArea: ["==", ["get", string], string] = ["==", ["get", "kind"], "area"];
  return [
    { id: "notice-ground", type: "fill", source: SOURCE, filter: isArea, paint: { "fill-color": palette.late, "fill-opacity": 0.12 } },
    { id: "notice-edge", type: "line", source: SOURCE, filter: isArea, layout: { "line-join": "round" }, paint: { "line-color": palette.late, "line-width": 2.5, "line-dasharray": [3, 1.5] } },
    { id: PLACES, type: "symbol", source: SOURCE, filter: ["!", isArea], layout: { "icon-image": ["concat", "notice:", ["get", "kind"]], "icon-allow-overlap": true } },
  ];
}

/** The notices of a map: asked for once it is drawn, and laid again with each change of the lights. */
export class Notices {
  readonly #map: Map;
  #known: FeatureCollection | null = null;
  #asked = false;

  constructor(map: Map) {
    this.#map = map;
  }

  /** Where they cannot be had the map is as it was: the notices' own pages name the places too. */
  async fetch(palette: Palette): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    this.#known = await getJson<FeatureCollection>(ADDRESS).catch(() => null);
    this.lay(palette);
  }

  lay(palette: Palette): void {
    if (!this.#known?.features.length || this.#map.getSource(SOURCE)) return;
    this.#map.addSource(SOURCE, { type: "geojson", data: this.#known });
    for (const layer of layers(palette)) this.#map.addLayer(layer);
  }

  /** The place that is drawn in a box of the screen, if any. */
  at(box: [[number, number], [number, number]]): Notice | null {
    if (!this.#map.getLayer(PLACES)) return null;
    const [found] = this.#map.queryRenderedFeatures(box, { layers: [PLACES] });
    return (found?.properties as Notice | undefined) ?? null;
  }
}
