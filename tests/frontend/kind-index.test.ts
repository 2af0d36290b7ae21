import assert from "node:assert/strict";
import { test } from "node:test";
import { isLike, type Kind, KindIndex } from "../../frontend/src/report/kind-index.ts";

function kind(code: string, name: string, words: string[] = [], description = ""): Kind {
  return { code, name, group: "any", words: [name, ...words], description };
}

const CITY = [
  kind("pothole", "Pothole", ["hole in the road", "Bache"], "A hole in the surface of a street"),
  kind("light", "Street light out", ["dark", "Alumbrado público", "Farola apagada"]),
  kind("hydrant", "Leaking hydrant", ["water in the street", "Boca de incendio"]),
  kind("noise", "Loud noise", ["music", "Ruido"]),
];

function codes(words: string): string[] {
  return new KindIndex(CITY).search(words).map((one) => one.code);
}

test("the beginning of a word is enough", () => {
  assert.equal(codes("poth")[0], "pothole");
});

test("words of either language find a kind, with accents or without", () => {
  assert.equal(codes("bache")[0], "pothole");
  assert.equal(codes("alumbrado publico")[0], "light");
  assert.equal(codes("ALUMBRADO PÚBLICO")[0], "light");
});

test("a misspelt word finds what was meant", () => {
  assert.equal(codes("pothle")[0], "pothole");
  assert.equal(codes("hydrnat")[0], "hydrant");
});

test("a phrase that is a keyword comes before kinds that share its words", () => {
  assert.equal(codes("water in the street")[0], "hydrant");
  assert.equal(codes("hole in the road")[0], "pothole");
});

test("what nobody calls anything finds nothing", () => {
  assert.deepEqual(codes("xyzzyq"), []);
  assert.deepEqual(codes("  "), []);
});

test("two swapped letters are one mistake, and two mistakes are not one", () => {
  assert.equal(isLike("light", "lihgt", 1), true);
  assert.equal(isLike("light", "lihtg", 1), false);
  assert.equal(isLike("a", "abcd", 2), false);
});

test("4,000 kinds cost a search no more than its own matches, and a misspelling a part of the vocabulary", () => {
  const syllables = ["ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "za"];
  const name = (n: number): string => [n & 15, (n >> 4) & 15, (n >> 8) & 15].map((at) => syllables[at]).join("");
  const kinds = Array.from({ length: 4000 }, (_, n) => kind(`k${n}`, `${name(n)} ${name((n * 7) % 4000)}x${n}`));
  const index = new KindIndex(kinds);
  index.search(name(1234));
  assert.ok(index.comparisons < 40, `prefix: ${index.comparisons}`);
  index.search(`${name(1234).slice(0, -1)}q`);
  assert.ok(index.comparisons < 8000, `misspelt: ${index.comparisons}`);
});
