/** What the map bundle offers to the elements that load it. */
import type { Point } from "../report/geo.ts";

export interface MapOptions {
  at: Point;
  zoom: number;
  /** Address of MapLibre's worker. */
  worker: string;
  words: { zoomIn: string; zoomOut: string };
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
}
