/** The city's map in our own two lights: Protomaps' layers over our own tiles, labels drawn with the phone's fonts. */
import { layers, namedFlavor } from "@protomaps/basemaps";
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

const ABOUT = "/tiles/basemap.json";
const NOTHING_KNOWN: About = { tiles: ["/tiles/basemap/{z}/{x}/{y}.mvt"], maxzoom: 15, attribution: "" };

/** What the server says of its basemap (TileJSON); `attribution` names whose data it is. */
export interface About {
  tiles: string[];
  maxzoom: number;
  attribution: string;
}

export async function aboutBasemap(): Promise<About> {
  const answer = await fetch(ABOUT).catch(() => null);
  return answer?.ok ? ((await answer.json()) as About) : NOTHING_KNOWN;
}
const SOURCE = "basemap";

export function basemapStyle(dark: boolean, language: string, origin: string, about: About): StyleSpecification {
  const drawn = layers(SOURCE, namedFlavor(dark ? "dark" : "light"), { lang: language }) as LayerSpecification[];
  return {
    version: 8,
    sources: { [SOURCE]: { type: "vector", tiles: about.tiles.map((path) => origin + path), maxzoom: about.maxzoom, attribution: about.attribution } },
    layers: drawn.flatMap(withoutIcons),
  };
}

/**
 * The layers draw signs from a sprite that we do not have: labels stay, signs alone go. Their order by `min_zoom`
 * goes as well, since not every basemap says it.
 */
export function withoutIcons(layer: LayerSpecification): LayerSpecification[] {
  if (layer.type !== "symbol" || !layer.layout) return [layer];
  if (!("text-field" in layer.layout)) return [];
  const kept = Object.entries(layer.layout).filter(([name]) => !name.startsWith("icon-") && name !== "symbol-sort-key");
  return [{ ...layer, layout: Object.fromEntries(kept) }];
}
