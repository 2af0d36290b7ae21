/** The locale in which a page's numbers are written: Spanish as America writes it ("1,204.5"), as the server does. */
export function numbersOf(language: string): string {
  return language === "es" ? "es-419" : language;
}

const formats = new Map<string, Intl.NumberFormat>();

/** "1,204" in the page's language. */
export function sayNumber(value: number, language = document.documentElement.lang): string {
  // Making one costs a phone a millisecond.
  const format = formats.get(language) ?? new Intl.NumberFormat(numbersOf(language));
  formats.set(language, format);
  return format.format(value);
}
