/** Search over the catalogue on the phone: any language, the beginning of a word, misspelt; without the network. */

export interface Kind {
  code: string;
  name: string;
  group: string;
  words: string[];
  description?: string;
  notice?: string;
  contact?: string;
  /** How far away, in metres, an open request of the same group may be the same problem. */
  nearby_radius_m?: number;
  text?: string;
  questions?: string;
}

const NAME = 3;
const WORD = 2.2;
const DESCRIPTION = 0.5;
const PREFIX = 0.8;
const MISSPELT = 0.6;
const SHORTEST_MISSPELT = 4;

/** Lower case without accents: "Alumbrado Público" → ["alumbrado", "publico"]. */
export function plainWords(text: string): string[] {
  const folded = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Whether one word becomes another by at most `most` changes, counting two swapped letters as one. */
export function isLike(a: string, b: string, most: number): boolean {
  if (Math.abs(a.length - b.length) > most) return false;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      next.push(best);
    }
    if (Math.min(...next) > most) return false;
    [before, row] = [row, next];
  }
  return row[b.length]! <= most;
}

export class KindIndex {
  /** How many words the last search looked at: its cost, whatever the phone. */
  comparisons = 0;
  readonly kinds: readonly Kind[];
  #vocabulary: string[] = [];
  readonly #weights = new Map<string, Map<number, number>>();
  readonly #byLength = new Map<number, string[]>();
  #phrases: string[] = [];

  /** The words are gone through with the first search: the page is to be usable before. */
  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds;
  }

  /** At most `limit` kinds, the best first. */
  search(query: string, limit = 12): Kind[] {
    this.comparisons = 0;
    if (!this.#vocabulary.length) this.#read();
    const asked = plainWords(query.slice(0, 200)).slice(0, 12);
    const telling = asked.filter((word) => word.length > 2);
    const scores = new Map<number, number>();
    for (const word of telling.length ? telling : asked) {
      for (const [place, score] of this.#matches(word)) scores.set(place, (scores.get(place) ?? 0) + score);
    }
    const phrase = asked.join(" ");
    for (const [place, score] of scores) {
      const named = this.#phrases[place] ?? "";
      const bonus = named.includes(`|${phrase}|`) ? 4 : phrase.length > 3 && named.includes(phrase) ? 1.5 : 0;
      scores.set(place, score + bonus);
    }
    const best = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, limit);
    return best.map(([place]) => this.kinds[place]!);
  }

  #read(): void {
    const kinds = this.kinds;
    kinds.forEach((kind, place) => {
      for (const word of plainWords(kind.description ?? "")) this.#add(word, place, DESCRIPTION);
      for (const word of kind.words.flatMap(plainWords)) this.#add(word, place, WORD);
      for (const word of plainWords(kind.name)) this.#add(word, place, NAME);
    });
    this.#phrases = kinds.map((kind) => [kind.name, ...kind.words].map((words) => `|${plainWords(words).join(" ")}|`).join(""));
    this.#vocabulary = [...this.#weights.keys()].sort();
    for (const word of this.#vocabulary) {
      const same = this.#byLength.get(word.length);
      if (same) same.push(word);
      else this.#byLength.set(word.length, [word]);
    }
  }

  #add(word: string, place: number, weight: number): void {
    let places = this.#weights.get(word);
    if (!places) this.#weights.set(word, (places = new Map()));
    places.set(place, Math.max(weight, places.get(place) ?? 0));
  }

  #matches(word: string): Map<number, number> {
    const best = new Map<number, number>();
    for (const [known, likeness] of this.#likeWords(word)) {
      const places = this.#weights.get(known)!;
      // A word that many kinds share tells less.
      const rarity = 0.5 + 1 / (1 + places.size / 25);
      for (const [place, weight] of places) best.set(place, Math.max(best.get(place) ?? 0, likeness * weight * rarity));
    }
    return best;
  }

  *#likeWords(word: string): Generator<[string, number]> {
    let found = false;
    for (let at = this.#first(word); at < this.#vocabulary.length && this.#vocabulary[at]!.startsWith(word); at++) {
      this.comparisons++;
      const known = this.#vocabulary[at]!;
      found ||= known.length <= word.length + 4;
      yield [known, known === word ? 1 : PREFIX];
    }
    if (found || word.length < SHORTEST_MISSPELT) return;
    const most = word.length > 6 ? 2 : 1;
    for (let length = word.length - most; length <= word.length + most; length++) {
      for (const known of this.#byLength.get(length) ?? []) {
        this.comparisons++;
        if (isLike(word, known, most)) yield [known, MISSPELT];
      }
    }
  }

  /** Where in the vocabulary the words that begin with `word` start (binary search). */
  #first(word: string): number {
    let low = 0;
    let high = this.#vocabulary.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      this.comparisons++;
      if (this.#vocabulary[middle]! < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
