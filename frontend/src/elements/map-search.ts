/** Finds addresses, corners, areas and reports by their number, and tells the page which was chosen. */
import type { Box } from "../map/types.ts";
import { current, watchMap } from "../map-page/store.ts";
import { type FoundPlace, PlaceSearch } from "./place-search.ts";

export interface FoundThing extends FoundPlace {
  /** "area", "request", or what kind of place it is. */
  kind: string;
  /** Of an area. */
  layer?: string;
  code?: string;
  bbox?: Box;
}

export class MapSearch extends PlaceSearch {
  override connectedCallback(): void {
    super.connectedCallback();
    const follow = (): void => {
      const { at } = current();
      this.near = at ? `${at.lat.toFixed(4)},${at.long.toFixed(4)}` : "";
    };
    watchMap(["at"], follow);
    follow();
    this.querySelector("form")?.addEventListener("submit", (event) => event.preventDefault());
  }
}
