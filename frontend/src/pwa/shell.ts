/** The pages that start from the icon in a tunnel: fetched at install, refreshed on use and when the language changes. */
import { builtFiles, CATALOGUE, OFFLINE, REPORT, SHELL, SHELL_PAGES } from "./names.ts";
import { isPage, keep, languageOf } from "./kept.ts";

const BUILT_FILE = /\/static\/build\/([\w.-]+)/g;

/** Fetches all pages of the shell, or rejects and changes none: half of it in another language helps nobody. */
export async function fetchShell(): Promise<void> {
  const answers = await Promise.all(SHELL_PAGES.map((path) => fetch(path, { cache: "reload" })));
  if (!answers.every(isPage)) throw new Error("A page of the shell was not to be had.");
  const cache = await caches.open(SHELL());
  await Promise.all(answers.map(async (answer, at) => keepInShell(cache, SHELL_PAGES[at]!, answer)));
}

/** Keeps a page of the shell that has just been fetched. */
export async function refresh(path: string, answer: Response): Promise<void> {
  await keepInShell(await caches.open(SHELL()), path, answer);
}

/** What a person writes in must fit the scripts that are kept: from a newer build it is left to that build's own worker. */
async function keepInShell(cache: Cache, path: string, answer: Response): Promise<void> {
  const mustFit = path === REPORT || path === OFFLINE;
  if (mustFit && !isOfBuild(await answer.clone().text(), builtFiles()) && (await cache.match(path, { ignoreVary: true }))) return;
  await keep(cache, path, answer);
}

/** Whether a page asks for files of this build only. */
export function isOfBuild(html: string, built: readonly string[]): boolean {
  return [...html.matchAll(BUILT_FILE)].every(([, file]) => built.includes(file!));
}

export async function keptInShell(path: string): Promise<Response | undefined> {
  return (await caches.open(SHELL())).match(path, { ignoreVary: true });
}

/** The language of what is kept: "" when nothing is. */
export async function shellLanguage(): Promise<string> {
  return languageOf(await keptInShell(OFFLINE));
}

let followed = "";

/** Fetches the shell and the catalogue again when the person has chosen another language. */
export async function followLanguage(language: string): Promise<void> {
  if (!language || language === followed || language === (await shellLanguage())) return;
  await fetchShell();
  // Of a newer build nothing is kept here: asked once, not at every page.
  followed = language;
  await fetchCatalogue(await shellLanguage());
}

function catalogueUrl(language: string): string {
  return `/report/catalogue?lang=${language}`;
}

export async function hasCatalogue(language: string): Promise<boolean> {
  return (await (await caches.open(CATALOGUE)).match(catalogueUrl(language), { ignoreVary: true })) !== undefined;
}

/** The whole catalogue with its questions in one language; those of other languages go. */
export async function fetchCatalogue(language: string): Promise<void> {
  const wanted = catalogueUrl(language);
  const answer = await fetch(wanted);
  if (!answer.ok || !(answer.headers.get("content-type") ?? "").includes("json")) return;
  const cache = await caches.open(CATALOGUE);
  await cache.put(wanted, answer);
  for (const { url } of await cache.keys()) if (!url.endsWith(wanted)) await cache.delete(url);
}
