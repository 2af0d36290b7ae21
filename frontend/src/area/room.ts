/** How much the phone still lets us keep. */
import { numbersOf } from "../numbers.ts";

/** What the browser's own book-keeping takes besides, and a rest for reports with photos. */
const SHARE = 1.2;
const RESERVE = 20_000_000;

/** Bytes that are free for areas; null where the browser does not say. */
export async function freeRoom(): Promise<number | null> {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage - RESERVE);
}

export function fits(plain: number, free: number | null): boolean {
  return free === null || plain * SHARE <= free;
}

/** "2.4 MB" in the page's language. */
export function sizeSaid(bytes: number, language = document.documentElement.lang): string {
  const [unit, size] = bytes < 1_000_000 ? (["kilobyte", 1000] as const) : (["megabyte", 1_000_000] as const);
  const digits = bytes < 1_000_000 || bytes >= 10_000_000 ? 0 : 1;
  return new Intl.NumberFormat(numbersOf(language), { style: "unit", unit, maximumFractionDigits: digits }).format(Math.max(bytes, 1) / size);
}
