/** Going to a page: from the network, and from what is kept when there is none or it does not answer in time. */
import { isPage, languageOf, shown } from "./kept.ts";
import { keeping } from "./under-way.ts";
import { isBareMap, openMapPage } from "./map-page.ts";
import { isNotice, keptNotice } from "./notices.ts";
import { MY, OFFLINE, REPORT, SHELL_PAGES } from "./names.ts";
import { keepListed } from "./own.ts";
import { followLanguage, keptInShell, refresh } from "./shell.ts";
import { isRequestPage, keptRequest, visit } from "./visited.ts";

const PATIENCE_MS = 4000;

export async function openPage(event: ExtendableEvent, request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (isBareMap(url)) return openMapPage(event, request).catch(noConnection);
  const answer = fetch(request);
  event.waitUntil(keeping(answer.then((page) => keepSeen(url, page.clone()))).catch(() => undefined));
  const kept = await keptPage(url.pathname);
  if (!kept) return answer.catch(noConnection);
  const inTime = await Promise.race([answer.catch(() => null), new Promise<null>((done) => setTimeout(done, PATIENCE_MS, null))]);
  if (inTime && !isDown(inTime)) return inTime;
  return url.pathname === REPORT || url.pathname === OFFLINE ? kept : shown(kept);
}

/** What stands before the server says that it does not reach it. */
function isDown(answer: Response): boolean {
  return answer.status >= 502 && answer.status <= 504;
}

async function noConnection(): Promise<Response> {
  return (await keptInShell(OFFLINE)) ?? Response.error();
}

async function keptPage(path: string): Promise<Response | undefined> {
  if (SHELL_PAGES.includes(path)) return keptInShell(path);
  if (isNotice(path)) return keptNotice(path);
  return isRequestPage(path) ? keptRequest(path) : undefined;
}

/** Keeps the page that the person is shown. What a link filled in belongs to that visit only, and is not kept. */
async function keepSeen(url: URL, page: Response): Promise<void> {
  const bare = [...url.searchParams.keys()].every((name) => name === "draft" && url.pathname === REPORT);
  if (isRequestPage(url.pathname)) return visit(url.pathname, bare ? page : await fetch(url.pathname));
  if (!isPage(page)) return;
  if (bare && SHELL_PAGES.includes(url.pathname)) await refresh(url.pathname, page.clone());
  if (url.pathname === MY) await keepListed(page.clone());
  if (!url.searchParams.has("lang")) await followLanguage(languageOf(page));
}
