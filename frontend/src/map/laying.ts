/** Sources and layers of the map of all requests: laid once in a style, and painted anew over what is drawn. */
import type { Feature } from "geojson";
import type { GeoJSONSource, Map } from "maplibre-gl";
import { areaLayers, AREAS } from "./area-layers.ts";
import { hatching, RATIO } from "./marks.ts";
import type { Palette } from "./palette.ts";
import { CLUSTERS, requestLayers, TILES } from "./request-layers.ts";
import type { RequestsOptions, RequestsShown } from "./types.ts";
import { circle } from "../report/geo.ts";

export const TAPPED = ["requests", "clusters"];
const NEAR = "near";
const NOTHING = { type: "FeatureCollection" as const, features: [] };

export function lay(map: Map, shown: RequestsShown, { letters, language }: RequestsOptions, palette: Palette): void {
  map.addImage("hatching", hatching(palette), { pixelRatio: RATIO });
  map.addSource(AREAS, { type: "geojson", data: shown.outlines || NOTHING, promoteId: "code" });
  map.addSource(NEAR, { type: "geojson", data: nearOf(shown) });
  map.addSource(TILES, { type: "vector", tiles: addressOf(shown), minzoom: 0, maxzoom: 18 });
  map.addSource(CLUSTERS, { type: "geojson", data: NOTHING, tolerance: 0, buffer: 64 });
  const below = map.getStyle().layers.find(({ type }) => type === "symbol")?.id;
  for (const layer of areaLayers(palette, shown.classes)) map.addLayer(layer, layer.type === "fill" ? below : undefined);
  map.addLayer({ id: NEAR, type: "fill", source: NEAR, paint: { "fill-color": palette.open, "fill-opacity": 0.12 } }, below);
  map.addLayer({ id: "near-edge", type: "line", source: NEAR, paint: { "line-color": palette.ink, "line-width": 2, "line-dasharray": [2, 2] } });
  for (const layer of requestLayers(palette, shown.byGroup, Object.keys(letters), language)) map.addLayer(layer);
  showRequests(map, shown);
}

/** The same sources with other colours and data: what is drawn stays until what comes is there. */
export function repaint(map: Map, before: RequestsShown, shown: RequestsShown, { letters, language }: RequestsOptions, palette: Palette): void {
  for (const layer of [...areaLayers(palette, shown.classes), ...requestLayers(palette, shown.byGroup, Object.keys(letters), language)]) {
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name as "fill-color", value);
    for (const [name, value] of Object.entries(layer.layout ?? {})) map.setLayoutProperty(layer.id, name as "visibility", value);
    if ("filter" in layer) map.setFilter(layer.id, layer.filter);
  }
  showRequests(map, shown);
  map.getSource<GeoJSONSource>(NEAR)?.setData(nearOf(shown));
  if (before.outlines !== shown.outlines) map.getSource<GeoJSONSource>(AREAS)?.setData(shown.outlines || NOTHING);
}

function showRequests(map: Map, { requests }: RequestsShown): void {
  for (const id of ["cells", ...TAPPED]) map.setLayoutProperty(id, "visibility", requests ? "visible" : "none");
}

export function addressOf({ tiles }: RequestsShown): string[] {
  return [`${location.origin}/tiles/requests/{z}/{x}/{y}.mvt${tiles && `?${tiles}`}`];
}

function nearOf({ near }: RequestsShown): Feature | typeof NOTHING {
  return near ? { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [circle(near, near.metres, 64)] } } : NOTHING;
}
