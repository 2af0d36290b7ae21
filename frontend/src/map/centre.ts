/** What lies nearest to a point of the screen: under a thumb, or in the middle. */
import type { Map, MapGeoJSONFeature, Point2D } from "maplibre-gl";

interface Placed {
  feature: MapGeoJSONFeature;
  x: number;
  y: number;
  apart: number;
}

/** The nearest first; what has no point of its own is left out. */
export function byDistance(map: Map, features: MapGeoJSONFeature[], { x, y }: Point2D): Placed[] {
  return features
    .flatMap((feature) => {
      if (feature.geometry.type !== "Point") return [];
      const at = map.project(feature.geometry.coordinates as [number, number]);
      return [{ feature, x: at.x, y: at.y, apart: Math.hypot(at.x - x, at.y - y) }];
    })
    .sort((one, other) => one.apart - other.apart);
}
