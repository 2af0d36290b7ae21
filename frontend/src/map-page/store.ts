/** What the map shows now: each part of the page reads it here, changes it here, and hears of changes. */
import type { Box } from "../map/types.ts";
import { type MapState, readState, writeState } from "./state.ts";

/** What is on the screen; known once the map is drawn. */
export interface View {
  bbox: Box;
  zoom: number;
}

type Part = keyof MapState | "view";

/** What the map is asked to show: all of the state but where it looks. */
export const QUESTION = ["filter", "colour", "layer", "measure"] as const;

const KEPT = "map-view";
/** Browsers allow so many changes of the address a minute. */
const ADDRESS_PAUSE = 300;
const watchers: { parts: readonly Part[]; hear: () => void }[] = [];
let timer = 0;
let state = readState(location.search || kept());
let seen: View | null = null;

export function current(): MapState {
  return state;
}

export function view(): View | null {
  return seen;
}

/** Whether what this state asks is asked still, wherever the map looks by now. */
export function isStillAsked(asked: MapState): boolean {
  return QUESTION.every((name) => asked[name] === state[name]);
}

/** Calls `hear` once for each change of one or more of these parts. */
export function watchMap(parts: readonly Part[], hear: () => void): void {
  watchers.push({ parts, hear });
}

function tell(changed: readonly Part[]): void {
  for (const { parts, hear } of watchers) if (parts.some((one) => changed.includes(one))) hear();
}

export function change(part: Partial<MapState>): void {
  const names = (Object.keys(part) as (keyof MapState)[]).filter((name) => JSON.stringify(part[name]) !== JSON.stringify(state[name]));
  if (names.length === 0) return;
  state = { ...state, ...part };
  clearTimeout(timer);
  timer = window.setTimeout(writeAddress, ADDRESS_PAUSE);
  tell(names);
}

export function looksAt(next: View): void {
  seen = next;
  tell(["view"]);
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
