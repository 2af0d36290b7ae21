/** The place of a report: from the photo, the device, a search, or the pin that a person moves. */
import { openPinMap } from "../map/open.ts";
import type { PinMap } from "../map/types.ts";
import { need, put, valueOf } from "../report/fields.ts";
import { type Point, roundMetres, stepped } from "../report/geo.ts";
import { locate } from "../report/locating.ts";
import type { Problem } from "../store/types.ts";
import { aboutPlace } from "../report/place-facts.ts";
import { type Placing, POOR_M, replaces, type Source, USELESS_M } from "../report/placing.ts";
import { say } from "../words.ts";
import { type FoundPlace, PlaceSearch } from "./place-search.ts";

export class PlacePicker extends HTMLElement {
  addressTyped = false;
  #now: Placing | null = null;
  #map: PinMap | null = null;
  #opened = false;
  #stop = (): void => undefined;
  #asked = 0;

  connectedCallback(): void {
    need<HTMLElement>(this, "[data-locate]").addEventListener("click", () => this.#locate(true));
    need<HTMLInputElement>(this, "[name=address_string]").addEventListener("input", (event) => {
      this.addressTyped = (event.target as HTMLInputElement).value.trim() !== "";
    });
    need<HTMLElement>(this, "[data-map]").addEventListener("keydown", (event) => this.#pressed(event));
    this.addEventListener("place-found", (event) => this.#found((event as CustomEvent<FoundPlace>).detail));
    this.#search.near = `${this.#city.lat},${this.#city.long}`;
    this.#readForm();
  }

  get #form(): HTMLFormElement {
    return this.closest("form")!;
  }

  get #city(): Point {
    return { lat: Number(this.getAttribute("city-lat")), long: Number(this.getAttribute("city-long")) };
  }

  get #search(): PlaceSearch {
    return need<PlaceSearch>(this, "place-search");
  }

  /** The step is shown: the map is loaded now, and the device asked when nothing better is known. */
  open(): void {
    this.#readForm();
    if (this.#now?.source === "photo") this.#tell(say("place_photo"));
    if (!this.#opened) void this.#openMap();
    else this.#map?.resize();
    this.#opened = true;
    if (!this.#now && !valueOf(this.#form, "address_string")) this.#locate(false);
  }

  get outside(): HTMLElement | null {
    return this.querySelector("[data-is-outside]");
  }

  get point(): Point | null {
    this.#readForm();
    return this.#now;
  }

  problems(): Problem[] {
    return this.point || valueOf(this.#form, "address_string") ? [] : [{ field: "location", message: say("place_none") }];
  }

  /** Takes a place when it may replace the one that is there. `asked`: the person has just asked for it. */
  take(next: Placing, asked: boolean): boolean {
    if (!replaces(this.#now, next, asked)) return false;
    this.#now = next;
    const { lat, long, accuracy, source } = next;
    put(this.#form, { lat: lat.toFixed(7), long: long.toFixed(7), accuracy: accuracy && Math.round(accuracy), place_source: source });
    this.#search.near = `${lat},${long}`;
    if (source !== "pin") this.#map?.show(next, accuracy);
    this.#placed();
    void this.#ask(next);
    return true;
  }

  /** A photo from another city says nothing of this report: the device is asked instead. */
  #leavePhoto(): void {
    this.#now = null;
    put(this.#form, { lat: null, long: null, accuracy: null, place_source: null });
    need(this, "[data-map]").classList.remove("placed");
    if (this.#opened) this.#locate(false);
  }

  /** The pin stands for something now; said from the field whose problem is thereby mended. */
  #placed(): void {
    need(this, "[data-map]").classList.add("placed");
    need(this, "[data-field=location]").dispatchEvent(new CustomEvent("changed", { bubbles: true }));
  }

  #readForm(): void {
    const [lat, long] = [valueOf(this.#form, "lat"), valueOf(this.#form, "long")];
    if (!lat || !long || this.#now) return;
    const source = (valueOf(this.#form, "place_source") || "search") as Source;
    this.#now = { lat: Number(lat), long: Number(long), accuracy: Number(valueOf(this.#form, "accuracy")) || null, source };
    need(this, "[data-map]").classList.add("placed");
    void this.#ask(this.#now);
  }

  #locate(asked: boolean): void {
    this.#stop();
    this.#tell(say("place_locating"));
    this.#stop = locate(
      ({ lat, long, accuracy }) => {
        const metres = { metres: roundMetres(accuracy) };
        if (accuracy > USELESS_M) return this.#tell(say("place_far", metres));
        if (this.take({ lat, long, accuracy, source: "device" }, asked && this.#now?.source !== "pin")) {
          this.#tell(say(accuracy > POOR_M ? "place_poor" : "place_device", metres));
        }
      },
      (denied) => this.#tell(say(denied ? "place_denied" : "place_failed")),
    );
    // Asking again by hand lifts the pin; what the device finds after that is on its own.
    if (asked && this.#now) this.#now = { ...this.#now, source: "" };
  }

  #found(place: FoundPlace): void {
    this.#stop();
    this.addressTyped = false;
    put(this.#form, { address_string: place.label, address_id: place.place_id ?? null, zipcode: place.zipcode ?? null });
    this.take({ lat: place.lat, long: place.long, accuracy: null, source: "search" }, true);
    this.#tell(say("place_search"));
  }

  #pinned(at: Point, words: string): void {
    this.#stop();
    this.take({ ...at, accuracy: null, source: "pin" }, true);
    this.#tell(words);
  }

  async #openMap(): Promise<void> {
    try {
      this.#map = await openPinMap(this, this.#now, this.#city);
      this.#map.onMoved((at) => this.#pinned(at, say("place_pin")));
      if (this.#now) this.#map.show(this.#now, this.#now.accuracy);
    } catch {
      // No WebGL, or no network for the map's code: search and words are enough.
      need<HTMLElement>(this, "[data-map]").hidden = true;
      this.#tell(say("map_failed"));
    }
  }

  #pressed(event: KeyboardEvent): void {
    const at = stepped(this.#now ?? this.#city, event);
    if (!at) return;
    event.preventDefault();
    this.#map?.show(at, null);
    this.#pinned(at, say("place_moved", { metres: at.metres }));
  }

  /** Asks for the address of the place and whether it is in the city; the answer to an older question is dropped. */
  async #ask(at: Point): Promise<void> {
    const asked = ++this.#asked;
    const facts = await aboutPlace(at);
    if (asked !== this.#asked) return;
    if (facts.outside && this.#now?.source === "photo") return this.#leavePhoto();
    if (facts.outside !== null) need(this, "[data-outside]").innerHTML = facts.outside;
    if (!facts.nearest) return;
    // Nobody's words are mixed with ours: while the field is being written in, it is left alone.
    const writing = document.activeElement === need(this, "[name=address_string]");
    if (!this.addressTyped && !writing && this.#now?.source !== "search") {
      put(this.#form, { address_string: facts.nearest.label, address_id: facts.nearest.place_id ?? null, zipcode: facts.nearest.zipcode ?? null });
      this.#placed();
    }
    if (this.#now?.source === "pin") this.#tell(`${say("place_pin")} ${say("place_near", { address: facts.nearest.label })}`);
  }

  #tell(words: string): void {
    need(this, "[data-placing]").textContent = words;
  }
}

customElements.define("place-picker", PlacePicker);
