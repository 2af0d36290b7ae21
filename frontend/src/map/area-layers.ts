/** The outlines of a layer of areas, and their colours where they are coloured by a rate. */
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from "maplibre-gl";
import type { Palette } from "./palette.ts";
import type { RequestsShown } from "./types.ts";

export const AREAS = "areas";

export function areaLayers(palette: Palette, { classes, chosen, alone }: RequestsShown): LayerSpecification[] {
  const known = Object.entries(classes).flatMap(([code, one]) => (one === null ? [] : [code, palette.classes[one] ?? palette.classes.at(-1)!]));
  const few = Object.entries(classes).flatMap(([code, one]) => (one === null ? [code] : []));
  const colour = known.length ? (["match", ["get", "code"], ...known, "rgba(0,0,0,0)"] as unknown as ExpressionSpecification) : "rgba(0,0,0,0)";
  const rated = known.length + few.length > 0;
  const isChosen: ExpressionSpecification = ["==", ["get", "code"], chosen];
  const filter: FilterSpecification = alone ? isChosen : ["has", "code"];
  const width = (plain: number, strong: number): ExpressionSpecification => ["case", isChosen, strong, plain];
  return [
    { id: "area-ground", type: "fill", source: AREAS, filter, paint: { "fill-color": colour, "fill-opacity": rated ? 0.78 : 1 } },
    { id: "area-few", type: "fill", source: AREAS, filter: ["in", ["get", "code"], ["literal", few]], paint: { "fill-pattern": "hatching" } },
    { id: "area-halo", type: "line", source: AREAS, filter, layout: { "line-join": "round" }, paint: { "line-color": palette.paper, "line-width": width(4, 7), "line-opacity": 0.6 } },
    { id: "area-edge", type: "line", source: AREAS, filter, layout: { "line-join": "round" }, paint: { "line-color": palette.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 10, width(1, 2.5), 15, width(2, 4)], "line-opacity": 0.85 } },
    {
      id: "area-name", type: "symbol", source: AREAS, maxzoom: 16, filter,
      layout: { "text-field": ["get", "name"], "text-font": ["Noto Sans Medium"], "text-size": 12, "text-max-width": 8, "text-padding": 6 },
      paint: { "text-color": palette.ink, "text-halo-color": palette.paper, "text-halo-width": 1.75 },
    },
  ];
}
