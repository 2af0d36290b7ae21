/** The city's map in our own two lights: Protomaps' layers over our own tiles, labels drawn with the phone's fonts. */
import { layers, namedFlavor } from "@protomaps/basemaps";
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

export const TILES = "/tiles/basemap/{z}/{x}/{y}.mvt";
const SOURCE = "basemap";

export function basemapStyle(dark: boolean, language: string, origin: string): StyleSpecification {
  const drawn = layers(SOURCE, namedFlavor(dark ? "dark" : "light"), { lang: language }) as LayerSpecification[];
  return {
    version: 8,
    sources: { [SOURCE]: { type: "vector", tiles: [`${origin}${TILES}`], maxzoom: 15 } },
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
