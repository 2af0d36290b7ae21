/** The city's map in our own two lights: Protomaps' layers over our own tiles, labels drawn with the phone's fonts. */
import { layers, namedFlavor } from "@protomaps/basemaps";
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { About } from "./about.ts";

const SOURCE = "basemap";

/** Street names must be read in the sun, and streets seen at night: Protomaps draws a background for other data. */
const LIGHT_INK = {
  roads_label_minor: "#33363b", roads_label_major: "#1c1f24", subplace_label: "#4a4e55", city_label: "#1c1f24",
  address_label: "#33363b", water: "#a9d3e4", ocean_label: "#2f5d86", buildings: "#c9c5bd", railway: "#6d7276",
};
const DARK_INK = {
  background: "#20242a", earth: "#191c20", buildings: "#2a2e34", water: "#1d3a4d", park_b: "#1d3327",
  other: "#454a52", minor_service: "#454a52", minor_a: "#555b64", minor_b: "#555b64", link: "#626973", major: "#6b727d",
  highway: "#7d8591", bridges_other: "#454a52", bridges_minor: "#555b64", bridges_link: "#626973", bridges_major: "#6b727d",
  bridges_highway: "#7d8591", railway: "#8d949d", roads_label_minor: "#e4e2dc", roads_label_minor_halo: "#191c20",
  roads_label_major: "#ffffff", roads_label_major_halo: "#191c20", subplace_label: "#c9cdd3", city_label: "#ffffff",
  address_label: "#c9cdd3", ocean_label: "#9fc4dd",
};

export function basemapStyle(dark: boolean, language: string, origin: string, about: About): StyleSpecification {
  const flavor = { ...namedFlavor(dark ? "dark" : "light"), ...(dark ? DARK_INK : LIGHT_INK) };
  const drawn = layers(SOURCE, flavor, { lang: language }) as LayerSpecification[];
  return {
    version: 8,
    sources: { [SOURCE]: { type: "vector", tiles: about.tiles.map((path) => origin + path), maxzoom: about.maxzoom, attribution: about.attribution } },
    layers: drawn.flatMap(withoutIcons).map((layer) => inOneInk(layer, flavor.address_label)),
  };
}

/** Names of places are coloured by their kind beside a sign: without it by one ink, which needs no program of its own. */
function inOneInk(layer: LayerSpecification, ink: string): LayerSpecification {
  if (layer.type !== "symbol" || !Array.isArray(layer.paint?.["text-color"])) return layer;
  return { ...layer, paint: { ...layer.paint, "text-color": ink } };
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
