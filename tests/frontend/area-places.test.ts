import assert from "node:assert/strict";
import { test } from "node:test";
import { AreaPlaces } from "../../frontend/src/area/places.ts";
import { numberKeys, parse } from "../../frontend/src/area/query.ts";
import type { PlaceIndex } from "../../frontend/src/area/types.ts";
import { WordRules } from "../../frontend/src/area/words.ts";

const WORDS = {
  spellings: { avenue: "av", ave: "av", street: "st", saint: "st", third: "3", first: "1", north: "n", library: "lib", boulevard: "blvd" },
  tens: { twenty: 20 },
  weights: { st: 0.25, av: 0.25, blvd: 0.25, the: 0.1, n: 0.4 },
};
const STREETS = ["Beacon Street", "3rd Avenue", "Main Street", "Twenty-First Avenue", "Calle Peñón"];
const ZIPS = ["02108", "02109"];

/** Numbers 2, 4, …, 20 on each street, each street 0.001 degrees farther to the east. */
function index(): PlaceIndex {
  const rows = STREETS.flatMap((_, street) => Array.from({ length: 10 }, (_one, at) => ({ street, number: 2 * (at + 1), north: at * 10, east: street * 100 })));
  return {
    box: [-71, 42, -70.9, 42.1],
    words: WORDS,
    streets: STREETS,
    zipcodes: ZIPS,
    addresses: {
      id: rows.map((_, row) => row + 1),
      street: rows.map(({ street }) => street),
      number: rows.map(({ number, street }) => (street === 1 && number === 20 ? "37-12" : number)),
      north: rows.map(({ north }) => north),
      east: rows.map(({ east }) => east),
      zip: rows.map(({ street }) => (street === 4 ? -1 : street % 2)),
      labels: { 0: "The Old Mill" },
    },
    corners: { id: [900, 901], street: [2, 0], cross: [1, 1], north: [500, 600], east: [100, 100], zip: [0, 0], labels: {} },
    pois: { id: [950], label: ["Harbor Library"], hint: ["14 Beacon Street"], north: [700], east: [0], zip: [0], labels: {} },
  };
}

function labels(words: string): string[] {
  const found = new AreaPlaces(index()).search(words, null);
  return found.sort((a, b) => b.score - a.score).map(({ label }) => label);
}

test("a house number and a street, however they are written, give the address", () => {
  for (const words of ["12 Beacon Street", "12 beacon st", "12 BEACON", "12 beac", "beacon st 12", "12 Beacon Street, Harbor Point", "12 Beacon Street 02108"]) {
    assert.equal(labels(words)[0], "12 Beacon Street", words);
  }
  assert.equal(labels("4 21st ave")[0], "4 Twenty-First Avenue");
  assert.equal(labels("8 calle penon")[0], "8 Calle Peñón");
});

test("a misspelt street is found, by one wrong letter or two", () => {
  assert.equal(labels("12 becon street")[0], "12 Beacon Street");
  assert.equal(labels("12 baecon")[0], "12 Beacon Street");
  assert.equal(labels("12 baecom st")[0], "12 Beacon Street");
  assert.deepEqual(labels("12 zzzzzz"), []);
});

test("two streets give their corner, in either order and with any word between", () => {
  for (const words of ["Main & 3rd", "3rd and main", "third ave at main st", "corner of main and 3rd", "main con 3rd"]) {
    assert.equal(labels(words)[0], "Main Street & 3rd Avenue", words);
  }
  assert.equal(labels("Beacon & Main")[0]?.includes("&"), undefined);
});

test("where a number is missing its neighbours are offered", () => {
  assert.deepEqual(labels("11 Beacon Street").slice(0, 2).sort(), ["10 Beacon Street", "12 Beacon Street"]);
  assert.deepEqual(labels("99 Main Street")[0], "20 Main Street");
});

test("numbers of Queens stand under their block and as they are written", () => {
  assert.deepEqual(numberKeys("37", "12"), [3712, 37]);
  assert.deepEqual(numberKeys("120", "122"), [120, 122]);
  assert.equal(labels("37-12 3rd Ave")[0], "37-12 3rd Avenue");
});

test("a name alone gives the point of interest, or the places of the street", () => {
  const library = new AreaPlaces(index()).search("libary", null)[0];
  assert.equal(library?.label, "Harbor Library");
  assert.equal(library?.hint, "14 Beacon Street");
  assert.ok(labels("Main Street").length > 3);
  const near = { lat: 42 + 40 / 100_000, long: -71 + 200 / 100_000 };
  assert.equal(new AreaPlaces(index()).search("Main Street", near)[0]?.label, "10 Main Street");
});

test("a label of its own is shown, a ZIP parts equal addresses, and a position is exact to a metre", () => {
  const [mill] = new AreaPlaces(index()).search("2 Beacon Street", null);
  assert.deepEqual([mill?.label, mill?.zipcode, mill?.place_id], ["The Old Mill", "02108", 1]);
  assert.ok(Math.abs(mill!.lat - 42) < 1e-9 && Math.abs(mill!.long + 71) < 1e-9);
});

test("the nearest address is found within its limit, and nothing beyond", () => {
  const places = new AreaPlaces(index());
  const at = { lat: 42 + 21 / 100_000, long: -71 + 101 / 100_000 };
  assert.equal(places.nearest(at, 250)?.place.label, "6 3rd Avenue");
  assert.equal(places.nearest({ lat: 42.05, long: -70.95 }, 250), null);
});

test("words are brought to one spelling as the server does it", () => {
  const rules = new WordRules(WORDS);
  assert.deepEqual(rules.words("Twenty-First Ave."), ["21", "av"]);
  assert.deepEqual(rules.words("O’Brien’s 007th St"), ["obriens", "7", "st"]);
  assert.deepEqual(rules.words("Calle Peñón"), ["calle", "penon"]);
});

test("what nobody can mean is no search", () => {
  for (const words of ["", "  ", "&&&", "😀", "x".repeat(201)]) assert.equal(parse(words), null, words);
  for (const words of ["(", "\\", "12", "&", "' OR 1=1 --", "9".repeat(150)]) assert.doesNotThrow(() => labels(words), words);
});
