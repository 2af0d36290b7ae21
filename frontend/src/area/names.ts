/** The names of an area's streets and points of interest, found by word, prefix or misspelling. */
import { isLike } from "../report/kind-index.ts";
import { isNumber, type WordRules } from "./words.ts";

const EXACT = 1;
const PREFIX = 0.94;
const STEM = 0.85;
const MISSPELT = [1, 0.8, 0.64];
const UNSAID = 0.12;
/** From here on a name is an answer; from SURE on no misspelling is looked for. */
export const GOOD = 0.57;
export const SURE = 0.75;

/** Place in the list of names → how well it answers, from GOOD to 1. */
export type Scores = Map<number, number>;

export class Names {
  readonly #rules: WordRules;
  readonly #weights: number[];
  readonly #bearers = new Map<string, number[]>();

  constructor(names: readonly string[], rules: WordRules) {
    this.#rules = rules;
    this.#weights = names.map((name, at) => {
      const words = new Set(rules.words(name));
      let weight = 0;
      for (const word of words) {
        weight += rules.weight(word);
        const others = this.#bearers.get(word);
        if (others) others.push(at);
        else this.#bearers.set(word, [at]);
      }
      return weight;
    });
  }

  /** The names that answer to some words; misspelt ones where plain words do not. `open`: the last may be unfinished. */
  find(text: string, open: boolean): Scores {
    const words = this.#rules.words(text);
    const plain = this.#scores(words, open, false);
    return Math.max(0, ...plain.values()) >= SURE ? plain : this.#scores(words, open, true);
  }

  #scores(words: string[], open: boolean, misspelt: boolean): Scores {
    const strange = words.map((word) => misspelt && !this.#bearers.has(word));
    const likes = words.map((word, at) => this.#like(word, open && at === words.length - 1, strange.includes(true) ? strange[at]! : misspelt));
    const all = words.reduce((sum, word) => sum + this.#rules.weight(word), 0);
    const said = new Map<number, [said: number, covered: number]>();
    likes.forEach((bearers, at) => {
      const weight = this.#rules.weight(words[at]!);
      for (const [name, like] of bearers) {
        const so = said.get(name) ?? [0, 0];
        said.set(name, [so[0] + weight * like, so[1] + weight]);
      }
    });
    const scores: Scores = new Map();
    for (const [name, [value, covered]] of said) {
      const score = value / (all + UNSAID * Math.max(0, this.#weights[name]! - covered));
      if (score >= GOOD) scores.set(name, score);
    }
    return scores;
  }

  /** Name → likeness of its likest word to `word`. */
  #like(word: string, open: boolean, misspelt: boolean): Map<number, number> {
    const likes = new Map<number, number>();
    const take = (known: string, like: number): void => {
      for (const name of this.#bearers.get(known) ?? []) likes.set(name, Math.max(like, likes.get(name) ?? 0));
    };
    const stem = open ? PREFIX : word.length > 2 && !isNumber(word) ? STEM : 0;
    const edits = !misspelt || word.length < 3 || isNumber(word) ? 0 : word.length < 6 ? 1 : 2;
    for (const known of this.#bearers.keys()) {
      if (known === word) take(known, EXACT);
      else if (stem && known.startsWith(word)) take(known, stem);
      else if (edits) take(known, slip(word, known, edits, open));
    }
    if (open && word.length > 1) for (const short of this.#rules.longForms((long) => long.startsWith(word))) take(short, PREFIX);
    if (edits && word.length > 3) for (const short of this.#rules.longForms((long) => isLike(word, long, 1))) take(short, MISSPELT[1]!);
    return likes;
  }
}

/** What a misspelling is worth; 0 for another word. */
function slip(word: string, known: string, edits: number, open: boolean): number {
  for (let most = 1; most <= edits; most++) if (isLike(word, known, most)) return MISSPELT[most]!;
  if (!open || word.length < 4) return 0;
  for (let most = 1; most <= edits; most++) {
    for (let size = word.length - 1; size <= word.length + 1; size++) if (isLike(word, known.slice(0, size), most)) return MISSPELT[most]! - 0.06;
  }
  return 0;
}
