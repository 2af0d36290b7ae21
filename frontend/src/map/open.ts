/** The map of the place step: opened at the report's place, or over the whole city. */
import { need } from "../report/fields.ts";
import type { Point } from "../report/geo.ts";
import { say } from "../words.ts";
import { loadMap } from "./load.ts";
import type { PinMap } from "./types.ts";

const ZOOM_CITY = 13;
const ZOOM_STREET = 17;

/** Rejects where no map can be drawn. `picker` says in its attributes where the code is. */
export async function openPinMap(picker: HTMLElement, at: Point | null, city: Point): Promise<PinMap> {
  const told = (name: string): string => picker.getAttribute(name) ?? "";
  const { pinMap } = await loadMap(told("script"), told("styles"));
  return pinMap(need<HTMLElement>(picker, "[data-map]"), {
    at: at ?? city,
    zoom: at ? ZOOM_STREET : ZOOM_CITY,
    worker: told("worker"),
    words: { zoomIn: say("zoom_in"), zoomOut: say("zoom_out"), source: say("map_source") },
    language: document.documentElement.lang,
  });
}
