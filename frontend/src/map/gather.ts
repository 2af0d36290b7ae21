/** The clusters of what the map has loaded, as features to draw. */
import type { Feature, Point } from "geojson";
import type { Map } from "maplibre-gl";
import { sayNumber } from "../numbers.ts";
import { type Cell, type Cluster, clusters } from "./clusters.ts";
import { TILES } from "./request-layers.ts";
import type { RequestsOptions } from "./types.ts";

type Drawn = Feature<Point>;

/** Read in one go, joined after a `breath`: together they would hold up a finger, where there is one yet. */
export async function gather(map: Map, { language, letters }: RequestsOptions, breath: (() => Promise<void>) | null): Promise<Drawn[]> {
  const cells = [...cellsOf(map)];
  await breath?.();
  // Where two overlap, the larger one lies on top.
  const found = clusters(cells, map.getZoom()).sort((one, other) => one.n - other.n);
  return found.map((cluster) => drawn(cluster, letters[cluster.group]?.[1] ?? "", language));
}

function drawn({ id, lat, long, within, ...cluster }: Cluster, letter: string, language: string): Drawn {
  const properties = { ...cluster, letter, label: sayNumber(cluster.n, language), within: JSON.stringify(within) };
  return { type: "Feature", id, properties, geometry: { type: "Point", coordinates: [long, lat] } };
}

function* cellsOf(map: Map): Generator<Cell> {
  for (const { properties, geometry } of map.querySourceFeatures(TILES, { sourceLayer: "cells" })) {
    if (geometry.type !== "Point") continue;
    const [long = 0, lat = 0] = geometry.coordinates;
    const { level, n, open = 0, late = 0, closed = 0, duplicate = 0, group = "" } = properties as Cell;
    yield { cell: Number(properties["cell"]), level, n, open, late, closed, duplicate, group, lat, long };
  }
}
