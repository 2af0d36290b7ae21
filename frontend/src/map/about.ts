/** What the server says of its basemap (TileJSON); `attribution` names whose data it is. */
export interface About {
  tiles: string[];
  maxzoom: number;
  attribution: string;
}

const ABOUT = "/tiles/basemap.json";
const NOTHING_KNOWN: About = { tiles: ["/tiles/basemap/{z}/{x}/{y}.mvt"], maxzoom: 15, attribution: "" };
let asked: Promise<About> | undefined;

/** Asked for once; a basemap that cannot be had just now is asked for again with the next map. */
export function aboutBasemap(): Promise<About> {
  return (asked ??= ask());
}

async function ask(): Promise<About> {
  const answer = await fetch(ABOUT).catch(() => null);
  if (answer?.ok) return (await answer.json()) as About;
  asked = undefined;
  return NOTHING_KNOWN;
}
