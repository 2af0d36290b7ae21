/** The words of the page, as the server put them there; and the filling of their {gaps}. */

export type Values = Record<string, string | number>;

export function fill(template: string, values: Values = {}): string {
  return template.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
}

let words: Record<string, string> | undefined;

export function say(key: string, values: Values = {}): string {
  words ??= Object.assign({}, ...[...document.querySelectorAll("#words, #outbox-words")].map((one) => JSON.parse(one.textContent ?? "{}") as object)) as Record<string, string>;
  return fill(words[key] ?? "", values);
}

// Making one costs a phone a millisecond.
const clocks = new Map<string, Intl.DateTimeFormat>();

/** "10:04 PM", "22:04" in the page's language; with the day when it is another one. */
export function clock(then: number, now: number, language: string): string {
  const sameDay = new Date(then).toDateString() === new Date(now).toDateString();
  const key = `${language} ${sameDay}`;
  const day: Intl.DateTimeFormatOptions = sameDay ? {} : { day: "numeric", month: "short" };
  const format = clocks.get(key) ?? new Intl.DateTimeFormat(language, { ...day, hour: "numeric", minute: "2-digit" });
  clocks.set(key, format);
  return format.format(then);
}

/** "10 minutes ago" in the page's language. */
export function ago(then: number, now: number, language: string): string {
  const seconds = Math.round((then - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86400], ["hour", 3600], ["minute", 60]];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(Math.trunc(seconds), "second");
}
