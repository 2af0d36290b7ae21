/** Brings what is kept up to date while the phone has nothing else to do. */
import { isPage, keptAt, languageOf } from "./kept.ts";
import { keeping } from "./under-way.ts";
import { HOME, MY } from "./names.ts";
import { keepListed } from "./own.ts";
import { fetchCatalogue, fetchShell, hasCatalogue, keptInShell } from "./shell.ts";

const OLD_MS = 10 * 60_000;

/** Fetches shell, catalogue and one's own requests again, unless that was done lately and nothing was sent since. */
export function freshen(lastSent: number): Promise<void> {
  return keeping(fetchOld(lastSent));
}

async function fetchOld(lastSent: number): Promise<void> {
  const [home, before] = await Promise.all([keptInShell(HOME), keptInShell(MY)]);
  const at = home && before ? Math.min(keptAt(home), keptAt(before)) : 0;
  // A clock that was set back would keep it for ever.
  const age = Math.abs(Date.now() - at);
  if (before && age < OLD_MS && lastSent < at && (await hasCatalogue(languageOf(before)))) return;
  await fetchShell();
  const list = await keptInShell(MY);
  if (!list || !isPage(list)) return;
  await fetchCatalogue(languageOf(list));
  await keepListed(list);
}
