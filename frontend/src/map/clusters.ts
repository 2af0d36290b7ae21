/** Cells of the tiles joined into clusters that a thumb can tell apart: pure sums, nothing is counted twice or lost. */

export interface Standings {
  n: number;
  open: number;
  late: number;
  closed: number;
  duplicate: number;
}

/** A cell as a tile has it: `cell` is its Morton code at `level`. */
export interface Cell extends Standings {
  cell: number;
  level: number;
  group: string;
  lat: number;
  long: number;
}

/** `group`: the one that leads in most of it. `within`: [west, south, east, north] of its cells' ground. */
export interface Cluster extends Standings {
  id: number;
  group: string;
  lat: number;
  long: number;
  within: [number, number, number, number];
}

/** Clusters are 64 to 128 px apart: a tile of 512 px has 8 × 8. */
const LEVELS_BELOW_TILE = 3;
const STANDINGS = ["n", "open", "late", "closed", "duplicate"] as const;
/** A cluster lies between where its requests are and the middle of its square, so that neighbours keep apart. */
const PULL = 0.5;

export function clusters(cells: Iterable<Cell>, zoom: number): Cluster[] {
  const target = Math.floor(zoom) + LEVELS_BELOW_TILE;
  const found = new Map<number, { cluster: Cluster; groups: Map<string, number> }>();
  const seen = new Set<number>();
  for (const cell of cells) {
    if (seen.has(cell.cell) || cell.n === 0) continue;
    seen.add(cell.cell);
    const id = Math.floor(cell.cell / 4 ** Math.max(0, cell.level - target));
    const there = found.get(id);
    if (there) add(there, cell);
    else found.set(id, { cluster: { ...pick(cell), id, group: cell.group, lat: cell.lat, long: cell.long, within: square(cell) }, groups: new Map([[cell.group, cell.n]]) });
  }
  return [...found.values()].map(({ cluster, groups }) => ({ ...cluster, ...placed(cluster, target), group: leading(groups) }));
}

function pick(cell: Cell): Standings {
  return Object.fromEntries(STANDINGS.map((name) => [name, cell[name]])) as unknown as Standings;
}

function add({ cluster, groups }: { cluster: Cluster; groups: Map<string, number> }, cell: Cell): void {
  const share = cell.n / (cluster.n + cell.n);
  cluster.lat += (cell.lat - cluster.lat) * share;
  cluster.long += (cell.long - cluster.long) * share;
  for (const name of STANDINGS) cluster[name] += cell[name];
  const [west, south, east, north] = cluster.within;
  const more = square(cell);
  cluster.within = [Math.min(west, more[0]), Math.min(south, more[1]), Math.max(east, more[2]), Math.max(north, more[3])];
  groups.set(cell.group, (groups.get(cell.group) ?? 0) + cell.n);
}

/** The cell's own ground: its requests may lie anywhere on it. */
function square({ lat, long, level }: Cell): Cluster["within"] {
  const half = 180 / 2 ** level;
  const tall = half * Math.cos((lat * Math.PI) / 180);
  return [long - half, lat - tall, long + half, lat + tall];
}

function leading(groups: Map<string, number>): string {
  return [...groups].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function placed(cluster: Cluster, level: number): { lat: number; long: number } {
  if (cluster.n === 1) return { lat: cluster.lat, long: cluster.long };
  const middle = middleOf(cluster.id, level);
  return { lat: cluster.lat + (middle.lat - cluster.lat) * PULL, long: cluster.long + (middle.long - cluster.long) * PULL };
}

/** The middle of a square of the Web Mercator grid, by its Morton code (x in the even bits). */
export function middleOf(code: number, level: number): { lat: number; long: number } {
  let [x, y] = [0, 0];
  for (let bit = 0, rest = code; bit < level; bit++, rest = Math.floor(rest / 4)) {
    x += (rest % 2) * 2 ** bit;
    y += (Math.floor(rest / 2) % 2) * 2 ** bit;
  }
  const size = 2 ** level;
  const northing = Math.PI * (1 - (2 * (y + 0.5)) / size);
  return { lat: (Math.atan(Math.sinh(northing)) * 180) / Math.PI, long: ((x + 0.5) / size) * 360 - 180 };
}
