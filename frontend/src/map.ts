/** The map bundle: MapLibre GL behind two functions. Loaded only when a map is opened. */
import { AttributionControl, type GeoJSONSource, Map, Marker, NavigationControl, setWorkerUrl } from "maplibre-gl";
import { aboutBasemap, basemapStyle } from "./map/style.ts";
import type { MapOptions, PinMap } from "./map/types.ts";
import { circle, type Point } from "./report/geo.ts";

const CLOSE = 17;
const INK = "#15181d";
const YELLOW = "#ffcb1f";

async function openMap(container: HTMLElement, options: MapOptions, still: boolean): Promise<Map> {
  setWorkerUrl(options.worker);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const box = document.createElement("div");
  container.prepend(box);
  const about = await aboutBasemap();
  const style = () => basemapStyle(dark.matches, options.language, location.origin, about);
  const map = new Map({
    container: box,
    style: style(),
    center: [options.at.long, options.at.lat],
    zoom: options.zoom,
    maxZoom: 19,
    keyboard: false,
    interactive: !still,
    dragRotate: false,
    touchPitch: false,
    pitchWithRotate: false,
    attributionControl: false,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
    locale: { "NavigationControl.ZoomIn": options.words.zoomIn, "NavigationControl.ZoomOut": options.words.zoomOut },
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().tabIndex = -1;
  map.getCanvas().removeAttribute("role");
  map.getCanvas().removeAttribute("aria-label");
  map.getCanvas().setAttribute("aria-hidden", "true");
  if (!still) map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new AttributionControl({ compact: true }), "bottom-left");
  dark.addEventListener("change", () => map.setStyle(style()));
  await new Promise<void>((ready, failed) => {
    map.once("style.load", () => ready());
    map.once("error", ({ error }) => (map.isStyleLoaded() === undefined ? failed(error) : undefined));
  });
  container.classList.add("ready");
  return map;
}

export async function pinMap(container: HTMLElement, options: MapOptions): Promise<PinMap> {
  const map = await openMap(container, options, false);
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
  const map = await openMap(container, options, false);
  const pin = document.createElement("span");
  pin.className = "pin-mark";
  new Marker({ element: pin, anchor: "bottom" }).setLngLat([options.at.long, options.at.lat]).addTo(map);
}
