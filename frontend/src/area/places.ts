/** The place index of one area, as the phone searches it: by address, by corner, by name, and by position. */
import type { FoundPlace } from "../elements/place-search.ts";
import { metresBetween, type Point } from "../report/geo.ts";
import { GOOD, Names, type Scores, SURE } from "./names.ts";
import { type HouseNumber, parse, type Query, storedKeys } from "./query.ts";
import type { Columns, PlaceIndex } from "./types.ts";
import { WordRules } from "./words.ts";

const STEPS = 100_000;
const NEIGHBOURHOODS = 3;
const NAMES_SHOWN = 8;
const FAR_BEHIND = 0.2;

export interface Scored extends FoundPlace {
  score: number;
}

type Kind = "addresses" | "corners" | "pois";

export class AreaPlaces {
  readonly #index: PlaceIndex;
  readonly #names: Names;
  /** Street → rows of its addresses, and of the corners that it is part of. */
  readonly #addresses: number[][];
  readonly #corners: number[][];

  constructor(index: PlaceIndex) {
    this.#index = index;
    this.#names = new Names([...index.streets, ...index.pois.label], new WordRules(index.words));
    this.#addresses = index.streets.map(() => []);
    this.#corners = index.streets.map(() => []);
    index.addresses.street.forEach((street, row) => this.#addresses[street]!.push(row));
    for (const side of [index.corners.street, index.corners.cross]) side.forEach((street, row) => this.#corners[street]!.push(row));
  }

  /** What `words` may mean, in no order; `near` chooses among the many places of one street. */
  search(words: string, near: Point | null): Scored[] {
    const query = parse(words);
    if (!query) return [];
    const found = [...this.#byAddress(query), ...this.#byCorner(query)];
    const best = Math.max(0, ...found.map(({ score }) => score));
    if (best < SURE) found.push(...this.#byName(query, near));
    return found.map((one) => ({ ...one, score: one.score + zipBonus(one, query) }));
  }

  /** The nearest address or corner within `most` metres of a point. */
  nearest(at: Point, most: number): { place: FoundPlace; metres: number } | null {
    let best: { kind: Kind; row: number; metres: number } | null = null;
    for (const kind of ["addresses", "corners"] as const) {
      for (let row = 0; row < this.#index[kind].id.length; row++) {
        const metres = metresBetween(at, this.#position(kind, row));
        if (metres <= (best?.metres ?? most)) best = { kind, row, metres };
      }
    }
    return best && { place: this.#place(best.kind, best.row, 0), metres: best.metres };
  }

  #byAddress({ address, endsOpen }: Query): Scored[] {
    if (!address) return [];
    const streets = best(this.#streets(this.#names.find(address.street, endsOpen)));
    const found = streets.flatMap(([street, score]) => this.#numbered(street, address.number).map((row) => this.#place("addresses", row, score)));
    if (found.some(({ score }) => score === streets[0]?.[1])) return found;
    return [...found, ...streets.slice(0, NEIGHBOURHOODS).flatMap(([street, score]) => this.#neighbours(street, address.number, score))];
  }

  #numbered(street: number, number: HouseNumber): number[] {
    return this.#addresses[street]!.filter((row) => storedKeys(this.#index.addresses.number[row]!).some((key) => number.keys.includes(key)));
  }

  /** The next numbers up and down on a street that lacks the one asked for. */
  #neighbours(street: number, { keys }: HouseNumber, score: number): Scored[] {
    const wanted = keys[0]!;
    const rows = this.#addresses[street]!.map((row) => ({ row, off: storedKeys(this.#index.addresses.number[row]!)[0]! - wanted }));
    const ordered = rows.sort((a, b) => Math.abs(a.off) - Math.abs(b.off));
    const both = [ordered.find(({ off }) => off < 0), ordered.find(({ off }) => off > 0)];
    return both.flatMap((one) => (one ? [this.#place("addresses", one.row, score - 0.08 - Math.min(Math.abs(one.off), 1000) / 10_000)] : []));
  }

  #byCorner({ crossings, endsOpen }: Query): Scored[] {
    const { street, cross, id } = this.#index.corners;
    return crossings.flatMap(([first, second]) => {
      const [here, there] = [this.#names.find(first, false), this.#names.find(second, endsOpen)];
      return id.flatMap((_, row) => {
        const score = Math.max(pair(here.get(street[row]!), there.get(cross[row]!)), pair(here.get(cross[row]!), there.get(street[row]!)));
        return score >= GOOD ? [this.#place("corners", row, score)] : [];
      });
    });
  }

  #byName({ whole, endsOpen, address }: Query, near: Point | null): Scored[] {
    // Of "12 main" whose street is known nothing more is made.
    const scores = this.#names.find(whole, endsOpen);
    const names = best(scores).slice(0, address ? 2 : NAMES_SHOWN);
    return names.flatMap(([name, score], at) => {
      const poi = name - this.#index.streets.length;
      return poi >= 0 ? [this.#place("pois", poi, score)] : this.#ofStreet(name, score, near, at === 0 ? NAMES_SHOWN : 2);
    });
  }

  /** Some places of a street: the nearest ones, else its corners and then its first numbers. */
  #ofStreet(street: number, score: number, near: Point | null, most: number): Scored[] {
    const corners = this.#corners[street]!.map((row) => this.#place("corners", row, score));
    const places = [...corners, ...this.#addresses[street]!.map((row) => this.#place("addresses", row, score))];
    if (near) places.sort((a, b) => metresBetween(near, a) - metresBetween(near, b));
    return places.slice(0, most);
  }

  #streets(scores: Scores): Scores {
    return new Map([...scores].filter(([name]) => name < this.#index.streets.length));
  }

  #position(kind: Kind, row: number): Point {
    const { north, east }: Columns = this.#index[kind];
    const [west, south] = this.#index.box;
    return { lat: south + north[row]! / STEPS, long: west + east[row]! / STEPS };
  }

  #place(kind: Kind, row: number, score: number): Scored {
    const columns: Columns = this.#index[kind];
    const zipcode = this.#index.zipcodes[columns.zip[row]!] ?? null;
    const label = columns.labels[row] ?? this.#label(kind, row);
    const hint = kind === "pois" ? (this.#index.pois.hint[row] ?? zipcode) : zipcode;
    return { label, hint, zipcode, place_id: columns.id[row]!, ...this.#position(kind, row), score };
  }

  #label(kind: Kind, row: number): string {
    const { streets, addresses, corners, pois } = this.#index;
    if (kind === "addresses") return `${addresses.number[row]} ${streets[addresses.street[row]!]}`.trim();
    return kind === "corners" ? `${streets[corners.street[row]!]} & ${streets[corners.cross[row]!]}` : pois.label[row]!;
  }
}

/** The best names first, without those that answer so much worse that nobody meant them. */
function best(scores: Scores): [number, number][] {
  const ordered = [...scores].sort((a, b) => b[1] - a[1]).slice(0, NAMES_SHOWN);
  return ordered.filter(([, score]) => score >= ordered[0]![1] - FAR_BEHIND);
}

function pair(one: number | undefined, other: number | undefined): number {
  return one && other ? (one + other) / 2 : 0;
}

function zipBonus(place: FoundPlace, { zipcode }: Query): number {
  return zipcode && place.zipcode ? (place.zipcode.startsWith(zipcode) ? 0.05 : -0.05) : 0;
}
