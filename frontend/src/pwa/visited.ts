/** The pages of requests: one's own are kept as long as they are listed, of others the last that were seen. */
import { isPage, keep, keptAt, updatedOf } from "./kept.ts";
import { OWN, VISITED } from "./names.ts";

const MOST = 20;
const PATH = /^\/requests\/[0-9A-Z]{4}(-[0-9A-Z]{4})+$/;

export function isRequestPage(path: string): boolean {
  return PATH.test(path);
}

export async function keptRequest(path: string): Promise<Response | undefined> {
  for (const name of [OWN, VISITED]) {
    const kept = await (await caches.open(name)).match(path, { ignoreVary: true });
    if (kept) return kept;
  }
  return undefined;
}

/** Keeps the page that was just seen; forgets one that is not there any more. */
export async function visit(path: string, answer: Response): Promise<void> {
  const [own, visited] = await Promise.all([caches.open(OWN), caches.open(VISITED)]);
  if (answer.status === 404 || answer.status === 410) {
    await Promise.all([own.delete(path), visited.delete(path)]);
  } else if (isPage(answer)) {
    const mine = await own.match(path, { ignoreVary: true });
    if (mine) return keep(own, path, answer, updatedOf(mine));
    await keep(visited, path, answer);
    await dropOldest(visited);
  }
}

async function dropOldest(cache: Cache): Promise<void> {
  const requests = await cache.keys();
  if (requests.length <= MOST) return;
  const dated = await Promise.all(requests.map(async (request) => ({ request, at: keptAt((await cache.match(request, { ignoreVary: true }))!) })));
  dated.sort((a, b) => b.at - a.at);
  await Promise.all(dated.slice(MOST).map(({ request }) => cache.delete(request)));
}
