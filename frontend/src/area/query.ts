/** What a person may mean by the words of a search: the server's readings (place_query.py), on the phone. */
import { folded } from "./words.ts";

export interface HouseNumber {
  /** The integers under which it may be filed, the likeliest first. */
  keys: number[];
  text: string;
}

/** Every reading of a text, as words still to be made canonical. */
export interface Query {
  whole: string;
  address: { number: HouseNumber; street: string } | null;
  crossings: [string, string][];
  zipcode: string | null;
  /** Whether the last word may be unfinished. */
  endsOpen: boolean;
}

// "120", "120a", "120 bis", "120-122"; but not the "e" of "120 e 5th st".
const NUMBER = String.raw`(\d{1,8})(?:\s*[-–—]\s*(\d{1,6}))?(\s?(?:bis|ter|quater|[123]/[234])\b|[a-z](?![a-z]))?`;
const BEFORE = new RegExp(String.raw`^\s*(?:#|n[ro]?[.º°]\s*)?${NUMBER}[\s,]+(?=\S)`);
const BEHIND = new RegExp(String.raw`[\s,]+(?:#|num(?:ero)?\.?|n[ro]?[.º°]?)?\s*${NUMBER}\s*$`);
const UNIT = /[\s,]+(?:apt|apartment|unit|suite|ste|floor|fl|piso|apto|#)\.?\s*#?\w{1,6}\s*$/;
const CORNER = /^\s*(?:(?:the\s+)?(?:corner|intersection|crossing)(?:\s+of)?|cnr(?:\s+of)?|(?:la\s+)?(?:esquina|interseccion|cruce)(?:\s+(?:de|con))?)\s+/;
const SIGN = /\s*[&@+/|\\]\s*/g;
const JOINING = /\s+(?:and|at|near|y|con|esquina|esq|corner|x|e|et)\s+/g;
const ZIP = /\b(\d{5})(?:-\d{4})?\s*$/;
const MOST_CHARACTERS = 200;

/** null when there is nothing to look for, or more than a person types. */
export function parse(text: string): Query | null {
  const plain = folded(text);
  if (!/[\p{L}\p{N}]/u.test(plain) || text.length > MOST_CHARACTERS) return null;
  const zip = ZIP.exec(plain);
  const isZip = zip !== null && hasWords(plain.slice(0, zip.index));
  const rest = isZip ? plain.slice(0, zip.index).replace(/[ ,]+$/, "") : plain;
  const corner = CORNER.exec(rest);
  return {
    whole: withoutTown(rest),
    address: addressOf(rest),
    crossings: crossingsOf(corner ? rest.slice(corner[0].length) : rest, corner !== null),
    zipcode: isZip ? zip[1]! : null,
    endsOpen: !/\s$/.test(text),
  };
}

function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** What stands before the first comma: "Beacon Street, Harbor Point" gives "Beacon Street". */
function withoutTown(plain: string): string {
  const head = plain.split(",")[0] ?? "";
  return hasWords(head) ? head : plain;
}

/** A house number before the street ("120 Beacon St") or behind it ("Calle Mayor 12"). */
function addressOf(plain: string): Query["address"] {
  const before = BEFORE.exec(plain);
  if (before) {
    const street = withoutTown(plain.slice(before[0].length)).replace(UNIT, "");
    return hasWords(street) ? { number: houseNumber(before), street } : null;
  }
  const behind = BEHIND.exec(withoutTown(plain));
  const street = behind ? plain.slice(0, behind.index) : "";
  return behind && hasWords(street) ? { number: houseNumber(behind), street } : null;
}

/** The two streets of a corner; a sign ("&") is surer than a word ("and"), which a name may hold. */
function crossingsOf(plain: string, named: boolean): [string, string][] {
  for (const joint of named ? [SIGN, JOINING, /\s*,\s*/g] : [SIGN, JOINING]) {
    const pairs = [...plain.matchAll(joint)].map((match): [string, string] => [withoutTown(plain.slice(0, match.index)), withoutTown(plain.slice(match.index + match[0].length))]);
    const found = pairs.filter(([first, second]) => hasWords(first) && hasWords(second));
    if (found.length) return found.slice(0, 2);
  }
  return [];
}

function houseNumber(match: RegExpExecArray): HouseNumber {
  const [, first = "", second] = match;
  return { keys: numberKeys(first, second), text: second ? `${first}-${second}` : `${first}${(match[3] ?? "").trim()}` };
}

/** "120-122" is a range; Queens' "37-12" is number 12 of block 37, so 3712. Which "37-45" means is not to be known. */
export function numberKeys(first: string, second?: string): number[] {
  if (!second) return [Number(first)];
  const isRange = first.length === second.length && Number(second) > Number(first);
  const block = second.length === 2 && first.length <= 4 ? [Number(first) * 100 + Number(second)] : [];
  const range = isRange ? [Number(first), Number(second)] : [Number(first)];
  return isRange || !block.length ? [...range, ...block] : [...block, ...range];
}

/** The integers under which a stored house number stands. */
export function storedKeys(number: number | string): number[] {
  if (typeof number === "number") return [number];
  const found = /(\d{1,8})(?:\s*[-–—/]\s*(\d{1,6}))?/.exec(folded(number));
  return found ? numberKeys(found[1]!, found[2]) : [0];
}
