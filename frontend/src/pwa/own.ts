/** One's own and followed requests: their pages and small photos, as the list named them when it was last seen. */
import { allOf, Turns } from "../outbox/turns.ts";
import { isCurrent, isPage, keep, languageOf } from "./kept.ts";
import { OWN, PHOTOS } from "./names.ts";

const MOST_PAGES = 50;
const MOST_BYTES = 5_000_000;
const AT_ONCE = 3;
const BYTES = "x-kept-bytes";
const CARD = /<a href="(\/requests\/[\w-]+)" data-updated="([^"]*)"/g;
const PHOTO = /<img [^>]*?\b(?:data-small|src)="((?:\/requests\/[\w-]+)?\/photos\/\d+\/[\w-]+\.webp)"/g;

export interface Listed {
  path: string;
  updated: string;
}

/** The requests that "My reports" lists, in its order, each once. */
export function listedIn(html: string): Listed[] {
  const found = new Map<string, Listed>();
  for (const [, path, updated] of html.matchAll(CARD)) if (!found.has(path!)) found.set(path!, { path: path!, updated: updated! });
  return [...found.values()].slice(0, MOST_PAGES);
}

/** The addresses of the small photos on a page. */
export function photosIn(html: string): string[] {
  return [...new Set([...html.matchAll(PHOTO)].map(([, src]) => src!))];
}

let running: Promise<void> = Promise.resolve();

/** Keeps what the list names, and lets go of what it does not name any more. One run after another. */
export function keepListed(list: Response): Promise<void> {
  running = running.catch(() => undefined).then(() => keepAll(list));
  return running;
}

async function keepAll(list: Response): Promise<void> {
  const html = await list.text();
  const listed = listedIn(html);
  const cache = await caches.open(OWN);
  const fetchOne = async ({ path, updated }: Listed): Promise<void> => {
    if (isCurrent(await cache.match(path, { ignoreVary: true }), updated, languageOf(list))) return;
    const answer = await fetch(path);
    if (isPage(answer)) await keep(cache, path, answer, updated);
  };
  // Some at a time: a page that the person opens meanwhile must not wait behind all of them.
  const line = new Turns(AT_ONCE);
  await allOf(listed.map((one) => line.run(() => fetchOne(one))));
  await dropAllBut(cache, listed.map(({ path }) => path));
  const photos = photosIn(html);
  for (const { path } of listed) photos.push(...photosIn((await (await cache.match(path, { ignoreVary: true }))?.text()) ?? ""));
  await keepPhotos([...new Set(photos)]);
}

/** The first photos that fit; an address never changes its content, so none is fetched twice. */
async function keepPhotos(wanted: readonly string[]): Promise<void> {
  const cache = await caches.open(PHOTOS);
  const fitting: string[] = [];
  let bytes = 0;
  for (const path of wanted) {
    const known = await cache.match(path, { ignoreVary: true });
    bytes += known ? Number(known.headers.get(BYTES)) : await keepPhoto(cache, path);
    if (bytes > MOST_BYTES) break;
    fitting.push(path);
  }
  await dropAllBut(cache, fitting);
}

async function keepPhoto(cache: Cache, path: string): Promise<number> {
  const answer = await fetch(path);
  if (!answer.ok) return 0;
  const photo = await answer.blob();
  await cache.put(path, new Response(photo, { headers: { "content-type": photo.type, [BYTES]: String(photo.size) } }));
  return photo.size;
}

async function dropAllBut(cache: Cache, paths: readonly string[]): Promise<void> {
  for (const request of await cache.keys()) if (!paths.includes(new URL(request.url).pathname)) await cache.delete(request);
}

/** A photo that is kept: this very one, or another size of the same. */
export async function keptPhoto(path: string): Promise<Response | undefined> {
  const cache = await caches.open(PHOTOS);
  const same = await cache.match(path, { ignoreVary: true });
  if (same) return same;
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const other = (await cache.keys()).find(({ url }) => new URL(url).pathname.startsWith(folder));
  return other && cache.match(other, { ignoreVary: true });
}
