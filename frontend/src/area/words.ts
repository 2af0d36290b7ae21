/** How names are written, brought to one spelling: the server's rules (place_words.py), which came with the index. */
import type { PlaceIndex } from "./types.ts";

const ORDINAL = /^(\d+)(?:st|nd|rd|th|er|ra|ro|ta|to|da|do|a|o|eme|e)$/;

/** Lower case without accents and fractions: "7½ Peñón" → "7 1/2 penon". */
export function folded(text: string): string {
  const plain = text.replace(/[¼-¾⅐-⅞]/g, " $&").normalize("NFKD").replace(/⁄/g, "/");
  return plain.replace(/\p{M}/gu, "").toLowerCase().replace(/\p{C}/gu, " ");
}

export function isNumber(word: string): boolean {
  return /^\d+$/.test(word);
}

export class WordRules {
  readonly #rules: PlaceIndex["words"];
  /** Long words that people begin to type: "aven" is on its way to "avenue", which names know as "av". */
  readonly #long: string[];

  constructor(rules: PlaceIndex["words"]) {
    this.#rules = rules;
    this.#long = Object.keys(rules.spellings).filter((word) => word.length > 3);
  }

  /** The canonical words of a name: "Twenty-First Ave." gives ["21", "av"]. */
  words(text: string): string[] {
    const plain = folded(text).replace(/\b([dl])['’ʼ`](?=[\p{L}\p{N}])/gu, "$1 ").replace(/['’ʼ`]/g, "");
    const words: string[] = [];
    let tens = 0;
    for (const word of plain.match(/[\p{L}\p{N}]+/gu) ?? []) {
      const short = this.#canonical(word);
      if (tens && isNumber(short) && Number(short) < 10) {
        words[words.length - 1] = String(tens + Number(short));
        tens = 0;
        continue;
      }
      tens = this.#rules.tens[word] ?? 0;
      words.push(tens ? String(tens) : short);
    }
    return words;
  }

  /** How much a canonical word tells one name from another: 1 for "beacon", little for "st" or "the". */
  weight(word: string): number {
    return this.#rules.weights[word] ?? (word.length === 1 && !isNumber(word) ? 0.4 : 1);
  }

  /** The canonical words whose long forms pass the test. */
  longForms(test: (long: string) => boolean): string[] {
    return this.#long.filter(test).map((long) => this.#rules.spellings[long]!);
  }

  #canonical(word: string): string {
    const bare = ORDINAL.exec(word)?.[1] ?? word;
    return isNumber(bare) ? bare.replace(/^0+(?=\d)/, "") : (this.#rules.spellings[bare] ?? bare);
  }
}
