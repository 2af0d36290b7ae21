/** What a tap on the map has found, shown beside it. */
import type { MapList } from "../elements/map-list.ts";
import type { Tapped } from "../map/types.ts";
import type { Point } from "../report/geo.ts";
import { showArea } from "../elements/area-rates.ts";
import { showNotice } from "./notice.ts";
import { inBox } from "./listing.ts";
import { current } from "./store.ts";

/** About a metre: a report alone at its place. */
const AROUND = 0.00001;

export async function showTapped(tapped: Tapped, list: MapList): Promise<void> {
  showNotice(tapped.kind === "notice" ? tapped.notice : null);
  if (tapped.kind === "notice") return;
  if (tapped.kind === "area") await showArea(list, current().layer, tapped.code);
  else await list.hold(tapped.kind === "stack" ? { cell: tapped.cell } : around(tapped.at), tapped.at);
}

function around({ lat, long }: Point): Record<string, string> {
  return inBox([long - AROUND, lat - AROUND, long + AROUND, lat + AROUND], 18);
}
