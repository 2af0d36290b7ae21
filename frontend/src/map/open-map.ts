/** Opens MapLibre over our own tiles. */
import { AttributionControl, Map, NavigationControl, prewarm, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import { aboutBasemap } from "./about.ts";
import { basemapStyle } from "./style.ts";
import type { MapOptions } from "./types.ts";

type Over = (basemap: StyleSpecification, dark: boolean) => StyleSpecification;

/**
 * A map that is drawn: in the lights of the moment, with the basemap's names in the page's language. `over` lays what
 * is drawn over the basemap, again with each change of the lights.
 */
export async function openMap(container: HTMLElement, options: MapOptions, over: Over = (basemap) => basemap): Promise<Map> {
  setWorkerUrl(options.worker);
  // The worker begins while the page still makes its canvas.
  prewarm();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const box = document.createElement("div");
  container.prepend(box);
  const about = await aboutBasemap();
  const style = () => over(basemapStyle(dark.matches, options.language, location.origin, about), dark.matches);
  const map = new Map({
    container: box,
    style: style(),
    center: [options.at.long, options.at.lat],
    zoom: options.zoom,
    maxZoom: 19,
    keyboard: false,
    dragRotate: false,
    touchPitch: false,
    pitchWithRotate: false,
    attributionControl: false,
    validateStyle: false,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
    locale: {
      "NavigationControl.ZoomIn": options.words.zoomIn,
      "NavigationControl.ZoomOut": options.words.zoomOut,
      "AttributionControl.ToggleAttribution": options.words.source,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().tabIndex = -1;
  map.getCanvas().removeAttribute("role");
  map.getCanvas().removeAttribute("aria-label");
  map.getCanvas().setAttribute("aria-hidden", "true");
  dark.addEventListener("change", () => map.setStyle(style(), { diff: false }));
  await new Promise<void>((ready, failed) => {
    map.once("style.load", () => ready());
    map.once("error", ({ error }) => (map.isStyleLoaded() === undefined ? failed(error) : undefined));
  });
  container.classList.add("ready");
  return map;
}

/** They measure the page, which waits for that: not before there is something to see. */
export function addControls(map: Map): void {
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new AttributionControl({ compact: true }), "bottom-left");
}
