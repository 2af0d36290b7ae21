/** What the map bundle offers to the elements that load it. */
import type { Point } from "../report/geo.ts";

export interface MapOptions {
  at: Point;
  zoom: number;
  /** Address of MapLibre's worker. */
  worker: string;
  words: { zoomIn: string; zoomOut: string; source: string };
  language: string;
}

export interface PinMap {
  /** Moves the map so that the pin stands there; draws the accuracy in metres as a circle, if any. */
  show(at: Point, accuracy: number | null): void;
  /** Calls back when the person has moved the map under the pin. */
  onMoved(moved: (at: Point) => void): void;
  resize(): void;
}

export interface MapModule {
  pinMap(container: HTMLElement, options: MapOptions): Promise<PinMap>;
  pointMap(container: HTMLElement, options: MapOptions): Promise<void>;
  requestsMap(container: HTMLElement, options: RequestsOptions): Promise<RequestsMap>;
}

/** What the map of all requests shows. `tiles` is the filter's query; `groups` code → [number, letter]. */
export interface RequestsShown {
  tiles: string;
  byGroup: boolean;
  /** Off while areas are coloured by their rates. */
  requests: boolean;
  near: (Point & { metres: number }) | null;
  /** Address of the outlines as GeoJSON; "" for none. */
  outlines: string;
  /** Code of the area that the filter names; `alone`: only its outline is drawn. */
  chosen: string;
  alone: boolean;
  /** Class of each area by its code: null is too few to say. Empty: outlines only. */
  classes: Record<string, number | null>;
}

export type Box = [west: number, south: number, east: number, north: number];

export type Tapped =
  | { kind: "request"; at: Point }
  | { kind: "stack"; cell: string; at: Point }
  | { kind: "area"; code: string }
  | { kind: "notice"; notice: Notice };

/** A shelter, a closure or a help point on the map, or an area that a notice concerns (then without a name). */
export interface Notice {
  kind: string;
  name?: string;
  address?: string;
  note?: string;
  headline: string;
  url: string;
}

export interface RequestsOptions extends MapOptions {
  letters: Record<string, [number, string]>;
  /** What is shown first. */
  shown: RequestsShown;
  moved(view: { at: Point; zoom: number; bbox: Box }): void;
  tapped(thing: Tapped): void;
  /** A source's tiles cannot be had just now (true), or can again (false). */
  troubled(failed: boolean): void;
  busy(loading: boolean): void;
  /** All that was asked for is drawn. */
  rested(): void;
}

/** A mark on the screen: of `n` reports, in CSS pixels from the map's corner. */
export interface Mark {
  n: number;
  x: number;
  y: number;
}

export interface RequestsMap {
  show(shown: RequestsShown): void;
  goTo(at: Point, zoom: number): void;
  fit(box: Box): void;
  /** Marks a place; null takes the mark away. */
  mark(at: Point | null): void;
  /** What a key does: arrows move, + and − zoom, Enter taps what is nearest to the middle. False: it is no key of the map. */
  pressed(key: string): boolean;
  /** What is on the screen, nearest to its middle first. */
  marks(): Mark[];
  box(): Box;
}
