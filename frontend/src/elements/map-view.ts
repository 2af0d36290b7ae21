/** The map itself, and its keys. What it shows is the page's state; where it looks becomes the page's state. */
import { loadMap } from "../map/load.ts";
import type { RequestsMap, RequestsShown, Tapped } from "../map/types.ts";
import { cityFacts, letters } from "../map-page/facts.ts";
import { askAhead } from "../map-page/ahead.ts";
import { boxAround, fitting } from "../map-page/fitting.ts";
import { ratesShown } from "../map-page/rates.ts";
import { filterQuery, type MapState, readable, readNear } from "../map-page/state.ts";
import { change, current, isStillAsked, looksAt, QUESTION, watchMap } from "../map-page/store.ts";
import { RESTED } from "../pwa/rested.ts";
import { say } from "../words.ts";

export const TAPPED = "map-tapped";

export class MapView extends HTMLElement {
  #map: RequestsMap | null = null;
  #trouble = 0;

  connectedCallback(): void {
    this.addEventListener("keydown", (event) => {
      if (event.target === this && this.#map?.pressed(event.key)) event.preventDefault();
    });
    addEventListener("online", () => this.#tell(""));
    addEventListener("offline", () => this.#tell("map_offline"));
    watchMap(QUESTION, () => void this.#show());
    void this.#open();
  }

  /** The map, once it is drawn; null where it cannot be. */
  get map(): RequestsMap | null {
    return this.#map;
  }

  async #open(): Promise<void> {
    const told = (name: string): string => this.getAttribute(name) ?? "";
    const [width, height] = [this.clientWidth, this.clientHeight];
    const start = current().at ?? fitting(cityFacts().start, width, height);
    const bbox = boxAround(start, width, height);
    // The list need not wait for the map.
    looksAt({ bbox, zoom: start.zoom });
    void askAhead(bbox, start.zoom, told("worker"), current().colour === "rates" ? null : tilesQuery(current()));
    try {
      const { requestsMap } = await loadMap(told("script"), told("styles"));
      this.#map = await requestsMap(this, {
        at: start,
        zoom: start.zoom,
        worker: told("worker"),
        words: { zoomIn: say("zoom_in"), zoomOut: say("zoom_out"), source: say("map_source") },
        language: document.documentElement.lang,
        letters: letters(),
        shown: shownWith(current(), {}),
        moved: ({ at, zoom, bbox }) => {
          change({ at: { ...at, zoom } });
          looksAt({ bbox, zoom });
        },
        tapped: (thing: Tapped) => void this.dispatchEvent(new CustomEvent(TAPPED, { bubbles: true, detail: thing })),
        troubled: (failed) => this.#troubled(failed),
        busy: (loading) => this.classList.toggle("busy", loading),
        rested: () => this.#rests(),
      });
    } catch {
      // No WebGL, or the map's code cannot be had: the list is enough, and is all of it.
      document.documentElement.classList.add("no-map");
      this.#tell("map_failed");
      looksAt({ bbox: cityFacts().bounds, zoom: 0 });
      this.dispatchEvent(new Event(RESTED));
      return;
    }
    void this.#show();
    looksAt({ bbox: this.#map.box(), zoom: start.zoom });
  }

  async #show(): Promise<void> {
    const shown = await shownBy(current());
    if (shown) this.#map?.show(shown);
  }

  #rests(): void {
    this.classList.add("rested");
    this.dispatchEvent(new Event(RESTED));
  }

  /** One tile that fails is asked for again when the map moves; many are a matter for words. */
  #troubled(failed: boolean): void {
    this.#trouble = failed ? this.#trouble + 1 : 0;
    if (navigator.onLine) this.#tell(this.#trouble ? "map_trouble" : "");
  }

  #tell(word: string): void {
    const said = document.querySelector<HTMLElement>("[data-map-said]");
    if (!said) return;
    const words = word && say(word);
    if (said.textContent !== words) said.textContent = words;
    said.hidden = !word;
  }
}

function tilesQuery({ filter, colour }: MapState): string {
  const query = filterQuery(filter);
  if (colour === "group") query.set("colour", "group");
  return readable(query);
}

async function shownBy(state: MapState): Promise<RequestsShown | null> {
  const classes = state.colour === "rates" ? ((await ratesShown(state)) ?? {}) : {};
  return isStillAsked(state) ? shownWith(state, classes) : null;
}

function shownWith(state: MapState, classes: RequestsShown["classes"]): RequestsShown {
  const [named = "", chosen = ""] = state.filter.area?.split(/:(.*)/s) ?? [];
  const layer = state.layer || named;
  return {
    tiles: tilesQuery(state),
    byGroup: state.colour === "group",
    requests: state.colour !== "rates",
    near: readNear(state.filter.near),
    outlines: layer ? `${location.origin}/areas/${encodeURIComponent(layer)}.geojson` : "",
    chosen: layer === named ? chosen : "",
    alone: !state.layer && Boolean(named),
    classes,
  };
}
