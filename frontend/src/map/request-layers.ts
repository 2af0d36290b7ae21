/** Sources and layers of the requests: cells far out (joined into clusters), each report and stack close by. */
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { numbersOf } from "../numbers.ts";
import { type Palette, GROUP_COLOURS } from "./palette.ts";
import { SIZES, STEPS } from "./marks.ts";
import type { RequestsShown } from "./types.ts";

export const TILES = "requests";
export const CLUSTERS = "clusters";
/** From this zoom on a tile holds the reports themselves. */
export const CLOSE = 17;
const BOLD = ["Noto Sans Bold"];

const n: ExpressionSpecification = ["get", "n"];
const side: ExpressionSpecification = ["step", n, SIZES[0]![1], ...SIZES.slice(1).flat()];

function share(name: string): ExpressionSpecification {
  return ["to-string", ["ceil", ["/", ["*", STEPS, ["get", name]], n]]];
}

function shares(kind: string): ExpressionSpecification {
  return ["concat", `${kind}:`, ["to-string", side], ...["late", "open", "closed", "duplicate"].flatMap((name) => [":", share(name)])];
}

/** Where most of a cell's reports stand: the colour of a dot that only shows where there is something. */
function standingColour(palette: Palette): ExpressionSpecification {
  const most: ExpressionSpecification = ["max", ["get", "late"], ["get", "open"], ["get", "closed"]];
  return ["case", ["==", ["get", "late"], most], palette.late, ["==", ["get", "open"], most], palette.open, palette.closed];
}

function groupColour(groups: string[], palette: Palette): ExpressionSpecification | string {
  if (groups.length === 0) return palette.duplicate;
  const pairs = groups.flatMap((code, at) => [code, GROUP_COLOURS[at % GROUP_COLOURS.length]!]);
  return ["match", ["get", "group"], ...pairs, palette.duplicate] as unknown as ExpressionSpecification;
}

export function requestLayers(palette: Palette, { byGroup, requests }: RequestsShown, groups: string[], language: string): LayerSpecification[] {
  const visibility = requests ? "visible" : "none";
  const one: ExpressionSpecification = ["concat", "mark:", ["get", "standing"], ":", ["get", "group"]];
  const ring = byGroup ? (["concat", "disc:", ["to-string", side], ":", ["get", "group"]] as ExpressionSpecification) : shares("ring");
  const single: ExpressionSpecification = ["concat", byGroup ? "mark:" : "dot:", ["case", [">", ["get", "late"], 0], "late", [">", ["get", "open"], 0], "open", [">", ["get", "closed"], 0], "closed", "duplicate"], ":", ["get", "group"]];
  const count = { "text-font": BOLD, "text-size": ["step", n, 13, 100, 12.5, 10_000, 12] as ExpressionSpecification, "text-allow-overlap": true };
  // By their order in the source: a sort key would draw each mark by itself, which costs half of the frames.
  const over = { "icon-allow-overlap": true, "symbol-z-order": "source" as const };
  return [
    {
      id: "cells", type: "circle", source: TILES, "source-layer": "cells", maxzoom: CLOSE,
      layout: { visibility },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["log10", n], 0, 1.75, 2, 3.5, 4, 6],
        "circle-color": byGroup ? groupColour(groups, palette) : standingColour(palette),
        "circle-opacity": byGroup ? 0.6 : 0.4,
      },
    },
    {
      id: "clusters", type: "symbol", source: CLUSTERS, maxzoom: CLOSE,
      layout: {
        visibility, ...over, ...count, "icon-image": ["case", ["==", n, 1], single, ring],
        "text-field": ["case", ["==", n, 1], "", byGroup ? ["concat", ["get", "letter"], " ", ["get", "label"]] : ["get", "label"]],
      },
      paint: { "text-color": byGroup ? "#ffffff" : palette.ink },
    },
    {
      id: "requests", type: "symbol", source: TILES, "source-layer": "requests", minzoom: CLOSE,
      layout: {
        visibility, ...over, ...count, "icon-image": ["case", ["==", n, 1], one, shares("stack")],
        "text-field": ["case", ["==", n, 1], "", ["number-format", n, { locale: numbersOf(language) }]],
      },
      paint: { "text-color": palette.ink },
    },
  ];
}
