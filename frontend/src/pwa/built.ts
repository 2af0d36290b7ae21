/** Built files carry a hash of their content in their name: what is kept under it never goes stale. */
import { BUILT, builtFiles } from "./names.ts";

const HASHED = /^(.+)-\w{8}(\.\w+)$/;

/** "app-6L7EIK6H.css" → "app.css"; null for a chunk, whose name says nothing of what is in it. */
export function plainName(file: string): string | null {
  const [, name, ending] = HASHED.exec(file) ?? [];
  return name && name !== "chunk" ? `${name}${ending}` : null;
}

/** The file itself; without a network the same file of another build, for a page that was kept before an update. */
export async function builtFile(request: Request): Promise<Response> {
  const kept = await caches.match(request, { ignoreVary: true });
  if (kept) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok) await (await caches.open(BUILT)).put(request, answer.clone());
    return answer.ok ? answer : ((await sameOfAnotherBuild(request)) ?? answer);
  } catch (error) {
    const other = await sameOfAnotherBuild(request);
    if (other) return other;
    throw error;
  }
}

async function sameOfAnotherBuild(request: Request): Promise<Response | undefined> {
  const wanted = plainName(fileOf(request.url));
  if (!wanted) return undefined;
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    const found = (await cache.keys()).find(({ url }) => url.includes("/static/build/") && plainName(fileOf(url)) === wanted);
    if (found) return cache.match(found, { ignoreVary: true });
  }
  return undefined;
}

/** Lets the files of other builds go. */
export async function dropOtherBuilds(): Promise<void> {
  const cache = await caches.open(BUILT);
  for (const request of await cache.keys()) if (!builtFiles().includes(fileOf(request.url))) await cache.delete(request);
}

function fileOf(url: string): string {
  return new URL(url).pathname.split("/").at(-1) ?? "";
}
