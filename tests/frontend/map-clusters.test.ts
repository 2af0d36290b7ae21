import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cell, clusters, middleOf } from "../../frontend/src/map/clusters.ts";

const LEVEL = 16;

/** Cells all over a square of the grid, of uneven counts. */
function cells(count: number): Cell[] {
  return Array.from({ length: count }, (_, at) => {
    const cell = 1_000_000_000 + at * 7;
    const [late, open, closed] = [at % 3, at % 5, at % 11];
    return { cell, level: LEVEL, n: late + open + closed, late, open, closed, duplicate: 0, group: at % 2 ? "streets" : "water", ...middleOf(cell, LEVEL) };
  }).filter(({ n }) => n > 0);
}

function sum(of: { n: number; open: number; late: number; closed: number }[], name: "n" | "open" | "late" | "closed"): number {
  return of.reduce((all, one) => all + one[name], 0);
}

test("joining loses nothing and counts nothing twice, at any zoom", () => {
  const all = cells(500);
  for (const zoom of [8, 9.5, 11, 12.99, 13]) {
    const joined = clusters([...all, ...all.slice(0, 100)], zoom);
    for (const name of ["n", "open", "late", "closed"] as const) assert.equal(sum(joined, name), sum(all, name), `${name} at ${zoom}`);
  }
});

test("a step closer parts clusters into four at most, each within the one before", () => {
  const all = cells(500);
  const far = new Map(clusters(all, 10).map((one) => [one.id, one.n]));
  const close = clusters(all, 11);
  assert.ok(close.length > far.size);
  for (const [id, n] of far) assert.equal(sum(close.filter((one) => Math.floor(one.id / 4) === id), "n"), n);
});

test("a cluster lies among its cells, and a single report where it is", () => {
  const all = cells(60);
  for (const one of clusters(all, 11)) {
    const [west, south, east, north] = one.within;
    assert.ok(west < one.long && one.long < east && south < one.lat && one.lat < north);
    if (one.n === 1) assert.ok(all.some(({ lat, long }) => lat === one.lat && long === one.long));
  }
});

test("the middle of a square is as the Web Mercator grid has it", () => {
  assert.deepEqual(middleOf(0, 0), { lat: 0, long: 0 });
  const { lat, long } = middleOf(0b10, 1);
  assert.ok(Math.abs(lat + 66.51326) < 1e-4 && long === -90);
});

test("the group with the most reports gives a cluster its letter", () => {
  const base = { level: 16, open: 0, late: 0, duplicate: 0, lat: 41, long: -71 };
  const [one] = clusters([{ ...base, cell: 16, n: 3, closed: 3, group: "water" }, { ...base, cell: 17, n: 5, closed: 5, group: "trees" }], 8);
  assert.equal(one?.group, "trees");
  assert.equal(one?.n, 8);
});
