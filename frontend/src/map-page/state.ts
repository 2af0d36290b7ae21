/** What the map shows, as the page's address says it: the filter's parameters, and `at`, `colour`, `layer`, `measure`. */
import { isPlace, type Point } from "../report/geo.ts";

/** The filter's parameters in the order in which an address names them. */
const FILTER = ["service_code", "group", "status", "filed_from", "filed_to", "closed_from", "closed_to", "source", "area", "near"] as const;
type FilterName = (typeof FILTER)[number];
const LISTS: readonly FilterName[] = ["service_code", "group", "status", "source"];
/** Lists are joined by commas and sorted, so that the same filter is the same address. */
export type Filter = Partial<Record<FilterName, string>>;
const COLOURS = ["status", "group", "rates"] as const;
export type Colour = (typeof COLOURS)[number];

export interface At extends Point {
  zoom: number;
}

export interface MapState {
  filter: Filter;
  at: At | null;
  colour: Colour;
  /** Code of the layer whose outlines are drawn; "" for none. */
  layer: string;
  measure: string;
}

export const STANDINGS = ["open", "late", "closed", "duplicate"];
export const SHOWN_BY_DEFAULT = "open,late,closed";
/** The radius of a circle until one is given. */
export const METRES = 500;

/** `pairs` as an address or a form has them: a list may be joined by commas, or be said again and again. */
export function readFilter(pairs: Iterable<[string, unknown]>): Filter {
  const said = new Map<string, string[]>();
  for (const [name, value] of pairs) if (typeof value === "string" && value.trim()) said.set(name, [...(said.get(name) ?? []), value.trim()]);
  const filter: Filter = {};
  for (const name of FILTER) {
    const words = said.get(name) ?? [];
    const told = LISTS.includes(name) ? joined(name, words) : words.at(-1);
    if (told && !(name === "status" && told === SHOWN_BY_DEFAULT)) filter[name] = told;
  }
  return filter;
}

function joined(name: FilterName, words: string[]): string {
  const known = new Set(words.flatMap((one) => one.split(",")).filter(Boolean));
  return (name === "status" ? STANDINGS.filter((one) => known.has(one)) : [...known].sort()).join(",");
}

export function without(filter: Filter, ...names: FilterName[]): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => !names.includes(name as FilterName)));
}

export function filterQuery(filter: Filter): URLSearchParams {
  return new URLSearchParams(FILTER.flatMap((name): [string, string][] => (filter[name] ? [[name, filter[name]]] : [])));
}

export function readState(search: string): MapState {
  const query = new URLSearchParams(search);
  const colour = query.get("colour") as Colour;
  return {
    filter: readFilter(query),
    at: readAt(query.get("at") ?? ""),
    colour: COLOURS.includes(colour) ? colour : "status",
    layer: query.get("layer") ?? "",
    measure: query.get("measure") ?? "",
  };
}

/** The state's address, without "?": readable, in one order, and nothing in it that goes without saying. */
export function writeState({ filter, at, colour, layer, measure }: MapState): string {
  const query = filterQuery(filter);
  if (at) query.set("at", writeAt(at));
  if (colour !== "status") query.set("colour", colour);
  if (layer) query.set("layer", layer);
  if (measure && colour === "rates") query.set("measure", measure);
  return readable(query);
}

export function readable(query: URLSearchParams): string {
  return query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

export function readAt(text: string): At | null {
  const [lat = NaN, long = NaN, zoom = NaN] = text.split(",").map(Number);
  return isPlace(lat, long) && zoom >= 0 && zoom <= 22 ? { lat, long, zoom } : null;
}

/** As many digits as a pixel of this zoom is worth. */
function writeAt({ lat, long, zoom }: At): string {
  const digits = Math.min(6, Math.max(2, Math.ceil(zoom / 3)));
  return [lat.toFixed(digits), long.toFixed(digits), String(Math.round(zoom * 100) / 100)].join(",");
}

export interface Near extends Point {
  metres: number;
}

export function readNear(text: string | undefined): Near | null {
  const [lat = NaN, long = NaN, metres = NaN] = (text ?? "").split(",").map(Number);
  return isPlace(lat, long) && metres > 0 ? { lat, long, metres } : null;
}

export function writeNear({ lat, long, metres }: Near): string {
  return [lat.toFixed(5), long.toFixed(5), String(Math.round(metres))].join(",");
}

/** How many things the filter narrows by: what the button says. */
export function countFilters(filter: Filter): number {
  const { filed_from, filed_to, closed_from, closed_to, service_code, group, ...others } = filter;
  const kinds = [service_code, group].flatMap((list) => list?.split(",") ?? []).length;
  return kinds + Number(Boolean(filed_from || filed_to)) + Number(Boolean(closed_from || closed_to)) + Object.keys(others).length;
}
