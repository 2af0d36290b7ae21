/** The table's order. What cannot be said stands last, whichever way. */
import { numbersOf } from "../numbers.ts";
import type { AreaRate } from "./rates.ts";

export type Column = "name" | "value" | "n";

export interface Order {
  column: Column;
  down: boolean;
}

export function sorted(areas: readonly AreaRate[], { column, down }: Order, language: string): AreaRate[] {
  const words = new Intl.Collator(language, { numeric: true });
  const way = down ? -1 : 1;
  return [...areas].sort((a, b) => {
    if (column === "name") return way * words.compare(a.name, b.name);
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return way * (x - y) || words.compare(a.name, b.name);
  });
}

/** Pressing a column again turns it around; numbers begin with the most. */
export function pressed(order: Order, column: Column): Order {
  return order.column === column ? { column, down: !order.down } : { column, down: column !== "name" };
}

/** A figure of a measure, as people read it. */
export function sayFigure(value: number, measure: string, language: string): string {
  const digits = measure === "open" || measure === "oldest_open" ? 0 : 1;
  const said = new Intl.NumberFormat(numbersOf(language), { maximumFractionDigits: digits });
  return measure === "late_share" ? `${said.format(value)} %` : said.format(value);
}
