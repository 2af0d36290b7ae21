/** The map bundle: MapLibre GL behind three functions. Loaded only when a map is opened. */
import { type GeoJSONSource, Marker, prewarm, setWorkerUrl } from "maplibre-gl";
import { addControls, openMap } from "./map/open-map.ts";
import type { MapOptions, PinMap } from "./map/types.ts";
import { circle, type Point } from "./report/geo.ts";

export { requestsMap } from "./map/requests-map.ts";

const CLOSE = 17;
const INK = "#15181d";
/** On a map's own page, this runs before the page's script does: a worker takes as long to begin as that. */
const worker = document.querySelector("map-view")?.getAttribute("worker");
if (worker) {
  setWorkerUrl(worker);
  prewarm();
}

const YELLOW = "#ffcb1f";

export async function pinMap(container: HTMLElement, options: MapOptions): Promise<PinMap> {
  const map = await openMap(container, options);
  map.once("load", () => addControls(map));
  map.touchZoomRotate.enable({ around: "center" });
  map.scrollZoom.enable({ around: "center" });
  let circled: { at: Point; accuracy: number } | null = null;
  const draw = (): void => {
    const coordinates = circled ? [circle(circled.at, circled.accuracy)] : [];
    const data = { type: "Feature" as const, properties: {}, geometry: { type: "Polygon" as const, coordinates } };
    const source = map.getSource<GeoJSONSource>("accuracy");
    if (source) return void source.setData(data);
    map.addSource("accuracy", { type: "geojson", data });
    map.addLayer({ id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": YELLOW, "fill-opacity": 0.25 } });
    map.addLayer({ id: "accuracy-edge", type: "line", source: "accuracy", paint: { "line-color": INK, "line-width": 2, "line-dasharray": [2, 2] } });
  };
  map.on("style.load", draw);
  draw();
  return {
    show(at, accuracy) {
      circled = accuracy && accuracy > 5 ? { at, accuracy } : null;
      draw();
      map.jumpTo({ center: [at.long, at.lat], zoom: Math.max(map.getZoom(), zoomFor(accuracy)) });
    },
    onMoved(moved) {
      let byHand = false;
      map.on("dragstart", () => (byHand = true));
      map.on("moveend", () => {
        if (!byHand) return;
        byHand = false;
        const { lat, lng } = map.getCenter();
        moved({ lat, long: lng });
      });
    },
    resize: () => map.resize(),
  };
}

function zoomFor(accuracy: number | null): number {
  return accuracy && accuracy > 100 ? CLOSE - Math.min(5, Math.log2(accuracy / 100)) : CLOSE;
}

export async function pointMap(container: HTMLElement, options: MapOptions): Promise<void> {
  const map = await openMap(container, options);
  map.once("load", () => addControls(map));
  const pin = document.createElement("span");
  pin.className = "pin-mark";
  new Marker({ element: pin, anchor: "bottom" }).setLngLat([options.at.long, options.at.lat]).addTo(map);
}
