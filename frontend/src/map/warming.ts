/** Programs that a map's chip will need: made while nobody waits, and not in the middle of a pan. */
import type { Map } from "maplibre-gl";

const WARMING = "warming";

/** Draws a dashed line that nobody sees: a railway that comes on to the screen finds its program. */
export function warmDashes(map: Map): void {
  const data = { type: "LineString" as const, coordinates: map.getBounds().toArray() };
  map.addSource(WARMING, { type: "geojson", data });
  map.addLayer({ id: WARMING, type: "line", source: WARMING, paint: { "line-color": "rgba(0, 0, 0, 0)", "line-dasharray": [2, 2] } });
  map.once("idle", () => {
    if (map.getLayer(WARMING)) map.removeLayer(WARMING);
    if (map.getSource(WARMING)) map.removeSource(WARMING);
  });
}
