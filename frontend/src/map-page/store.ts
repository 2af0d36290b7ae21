/** What the map shows now: each part of the page reads it here, changes it here, and hears of changes. */
import { type MapState, readState, writeState } from "./state.ts";

/** What is on the screen; known once the map is drawn. */
export interface View {
  bbox: [west: number, south: number, east: number, north: number];
  zoom: number;
}

type Watcher = (now: MapState, changed: Set<keyof MapState | "view">) => void;

const KEPT = "map-view";
/** Browsers allow so many changes of the address a minute. */
const ADDRESS_PAUSE = 300;
const watchers: Watcher[] = [];
let timer = 0;
let state = readState(location.search || kept());
let seen: View | null = null;

export function current(): MapState {
  return state;
}

export function view(): View | null {
  return seen;
}

export function watchMap(watcher: Watcher): void {
  watchers.push(watcher);
}

export function change(part: Partial<MapState>): void {
  const names = (Object.keys(part) as (keyof MapState)[]).filter((name) => JSON.stringify(part[name]) !== JSON.stringify(state[name]));
  if (names.length === 0) return;
  state = { ...state, ...part };
  clearTimeout(timer);
  timer = window.setTimeout(writeAddress, ADDRESS_PAUSE);
  for (const watcher of watchers) watcher(state, new Set(names));
}

export function looksAt(next: View): void {
  seen = next;
  for (const watcher of watchers) watcher(state, new Set(["view"]));
}

// What was remembered can be shared too.
if (writeState(state)) writeAddress();
addEventListener("pagehide", writeAddress);

function writeAddress(): void {
  const query = writeState(state);
  history.replaceState(history.state, "", query ? `?${query}` : location.pathname);
  try {
    localStorage.setItem(KEPT, query);
  } catch {
    // A private window keeps nothing: the address still has it all.
  }
}

/** What this phone looked at last, for a visit whose address says nothing. */
function kept(): string {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
