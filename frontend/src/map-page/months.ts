/** The months of the time slider: "YYYYMM", as whole months of filing. */
import { type Filter, without } from "./state.ts";

/** Every month from … to, both included; none when they are reversed. */
export function monthsBetween(from: string, to: string): string[] {
  const [first, last] = [ordinal(from), ordinal(to)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => named(first + step));
}

function ordinal(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(4, 6)) - 1;
}

function named(ordinal: number): string {
  return `${String(Math.floor(ordinal / 12)).padStart(4, "0")}${String((ordinal % 12) + 1).padStart(2, "0")}`;
}

/** The filter of what was filed in this month, and in no other. */
export function withMonth(filter: Filter, month: string): Filter {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(4, 6))];
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const start = `${month.slice(0, 4)}-${month.slice(4, 6)}`;
  return { ...filter, filed_from: `${start}-01`, filed_to: `${start}-${days}` };
}

export function withoutMonth(filter: Filter): Filter {
  return without(filter, "filed_from", "filed_to");
}

/** The month that the filter is exactly about; null for any other span. */
export function monthOf(filter: Filter): string | null {
  const month = filter.filed_from?.slice(0, 7).replace("-", "") ?? "";
  if (!/^\d{6}$/.test(month)) return null;
  const whole = withMonth({}, month);
  return whole.filed_from === filter.filed_from && whole.filed_to === filter.filed_to ? month : null;
}

/** The step after `index`; after the last comes the first. */
export function stepAfter(index: number, count: number): number {
  return count ? (index + 1) % count : 0;
}

export function sayMonth(month: string, language: string): string {
  const date = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4, 6)) - 1, 1));
  return new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(date);
}
