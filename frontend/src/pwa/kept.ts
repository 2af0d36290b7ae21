/** A page as it was kept: put away with its date, and shown again with a line that says how old it is. */
import { ago, clock, fill } from "../words.ts";

const AT = "x-kept-at";
const UPDATED = "x-kept-updated";
const FORGOTTEN = ["content-encoding", "content-length", "set-cookie"];

/** Whether an answer is a page of ours, for the address that was asked for: no portal's, no sign-in page. */
export function isPage(answer: Response): boolean {
  const type = answer.headers.get("content-type") ?? "";
  return answer.ok && !answer.redirected && type.startsWith("text/html") && answer.headers.has("x-request-id") && answer.headers.has("content-language");
}

/** Puts a page away. `updated` is what a list said of it: the same again means that nothing has changed. */
export async function keep(cache: Cache, path: string, answer: Response, updated = ""): Promise<void> {
  const headers = new Headers(answer.headers);
  for (const name of FORGOTTEN) headers.delete(name);
  headers.set(AT, String(Date.now()));
  headers.set(UPDATED, updated);
  await cache.put(path, new Response(await answer.blob(), { headers }));
}

export function keptAt(kept: Response): number {
  return Number(kept.headers.get(AT) ?? 0);
}

export function updatedOf(kept: Response): string {
  return kept.headers.get(UPDATED) ?? "";
}

export function languageOf(answer: Response | undefined): string {
  return answer?.headers.get("content-language") ?? "";
}

/** Whether what is kept is what the list speaks of, in the person's language. */
export function isCurrent(kept: Response | undefined, updated: string, language: string): boolean {
  return kept !== undefined && updated !== "" && updatedOf(kept) === updated && languageOf(kept) === language;
}

/** The kept page with the line that it is not the newest. */
export async function shown(kept: Response, now = Date.now()): Promise<Response> {
  const html = withAge(await kept.text(), keptAt(kept), now, languageOf(kept));
  return new Response(html, { headers: kept.headers });
}

/** Uncovers the line that the layout has for this ("No connection. Last updated {ago} ({when})."), and fills it in. */
export function withAge(html: string, at: number, now: number, language: string): string {
  const values = { when: clock(at, now, language), ago: ago(at, now, language) };
  return html
    .replace("<html ", `<html data-kept="${at}" `)
    .replace(/<p ([^>]*)data-as-of="([^"]*)"([^>]*) hidden>/, (_all, before: string, words: string, after: string) => `<p ${before}data-as-of${after}>${fill(words, values)}`);
}
