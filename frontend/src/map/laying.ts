/** Sources and layers of the map of all requests: laid over the basemap, and painted anew over what is drawn. */
import type { Feature } from "geojson";
import type { GeoJSONSource, LayerSpecification, Map, StyleSpecification } from "maplibre-gl";
import { areaLayers, AREAS } from "./area-layers.ts";
import type { Palette } from "./palette.ts";
import { CLUSTERS, requestLayers, TILES } from "./request-layers.ts";
import type { RequestsOptions, RequestsShown } from "./types.ts";
import { circle } from "../report/geo.ts";

export const TAPPED = ["requests", "clusters"];
const NEAR = "near";
/** The lowest of what lies over the basemap's names. */
const LOWEST_OVER = "area-halo";
const NOTHING = { type: "FeatureCollection" as const, features: [] };

/** The basemap's style with all of it: areas below the basemap's names, marks above. Without its names it is drawn sooner. */
export function laid(basemap: StyleSpecification, shown: RequestsShown, { letters, language }: RequestsOptions, palette: Palette, named: boolean): StyleSpecification {
  const areas = areaLayers(palette, shown);
  const near: LayerSpecification[] = [
    { id: NEAR, type: "fill", source: NEAR, paint: { "fill-color": palette.open, "fill-opacity": 0.12 } },
    { id: "near-edge", type: "line", source: NEAR, paint: { "line-color": palette.ink, "line-width": 2, "line-dasharray": [2, 2] } },
  ];
  const isGround = ({ type }: LayerSpecification): boolean => type === "fill";
  const isOver = ({ type }: LayerSpecification): boolean => type !== "fill";
  return {
    ...basemap,
    sources: {
      ...basemap.sources,
      [AREAS]: { type: "geojson", data: shown.outlines || NOTHING, promoteId: "code" },
      [NEAR]: { type: "geojson", data: nearOf(shown) },
      [TILES]: { type: "vector", tiles: addressOf(shown), minzoom: 0, maxzoom: 18 },
      [CLUSTERS]: { type: "geojson", data: NOTHING, tolerance: 0, buffer: 64 },
    },
    layers: [
      ...basemap.layers.slice(0, firstName(basemap)), ...[...areas, ...near].filter(isGround), ...(named ? namesOf(basemap) : []),
      ...[...areas, ...near].filter(isOver), ...requestLayers(palette, shown, Object.keys(letters), language),
    ],
  };
}

function firstName({ layers }: StyleSpecification): number {
  return layers.findIndex(({ type }) => type === "symbol");
}

function namesOf(basemap: StyleSpecification): LayerSpecification[] {
  return basemap.layers.slice(firstName(basemap));
}

/** Lays the basemap's names where `laid` would have. */
export function addNames(map: Map, basemap: StyleSpecification): void {
  const names = namesOf(basemap);
  // Unchecked, as the style is: checking them takes a phone as long as making them. The last one tells the map.
  for (const layer of names.slice(0, -1)) map.style.addLayer(layer, LOWEST_OVER, { validate: false });
  for (const layer of names.slice(-1)) map.addLayer(layer, LOWEST_OVER);
}

/** The same sources with other colours and data: what is drawn stays until what comes is there. */
export function repaint(map: Map, before: RequestsShown, shown: RequestsShown, { letters, language }: RequestsOptions, palette: Palette): void {
  for (const layer of [...areaLayers(palette, shown), ...requestLayers(palette, shown, Object.keys(letters), language)]) {
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name as "fill-color", value);
    for (const [name, value] of Object.entries(layer.layout ?? {})) map.setLayoutProperty(layer.id, name as "visibility", value);
    if ("filter" in layer) map.setFilter(layer.id, layer.filter);
  }
  map.getSource<GeoJSONSource>(NEAR)?.setData(nearOf(shown));
  if (before.outlines !== shown.outlines) map.getSource<GeoJSONSource>(AREAS)?.setData(shown.outlines || NOTHING);
}

export function addressOf({ tiles }: RequestsShown): string[] {
  return [`${location.origin}/tiles/requests/{z}/{x}/{y}.mvt${tiles && `?${tiles}`}`];
}

function nearOf({ near }: RequestsShown): Feature | typeof NOTHING {
  return near ? { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [circle(near, near.metres, 64)] } } : NOTHING;
}
