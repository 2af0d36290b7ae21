/** The rates of a layer's areas: asked for once for a question, and shared by the map, the legend and the table. */
import { getJson } from "../http.ts";
import { filterQuery, type MapState } from "./state.ts";

export interface AreaRate {
  code: string;
  name: string;
  /** null: too few to say. */
  value: number | null;
  n: number;
  class: number | null;
  url: string;
}

export interface Rates {
  layer: string;
  measure: string;
  /** Parameters that were asked and change nothing. */
  left_out: string[];
  classes: { from: number; to: number }[];
  areas: AreaRate[];
}

/** What a rate is counted over: not where, which is its own answer. */
const COUNTED = ["service_code", "group", "status", "filed_from", "filed_to", "closed_from", "closed_to"];
/** What is shown before one is chosen. */
export const MEASURE = "per_1000";
const WAIT = 15_000;
const MOST_KEPT = 24;
const asked = new Map<string, Promise<Rates | null>>();

function ratesUrl({ layer, measure, filter }: MapState): string {
  const query = filterQuery(filter);
  for (const name of [...query.keys()]) if (!COUNTED.includes(name)) query.delete(name);
  query.set("measure", measure || MEASURE);
  return `/areas/${encodeURIComponent(layer)}/rates.json?${query}`;
}

/** null where they cannot be had just now. */
export function ratesOf(state: MapState): Promise<Rates | null> {
  const url = ratesUrl(state);
  const known = asked.get(url);
  if (known) return known;
  const answer = getJson<Rates>(url, WAIT).catch(() => null);
  if (asked.size >= MOST_KEPT) asked.clear();
  asked.set(url, answer);
  void answer.then((rates) => rates ?? asked.delete(url));
  return answer;
}

export async function ratesShown(state: MapState): Promise<Record<string, number | null> | null> {
  const rates = state.layer ? await ratesOf(state) : null;
  return rates && Object.fromEntries(rates.areas.map((area) => [area.code, area.class]));
}
