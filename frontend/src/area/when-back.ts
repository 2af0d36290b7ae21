/** Every page: where an area was taken along, it is brought up to date once the page has loaded and the network is back. */
import { PAGE, TILES } from "./caches.ts";

const LATER_MS = 4000;

export function keepAreasFresh(): void {
  window.addEventListener("online", () => void look());
  setTimeout(() => void look(), LATER_MS);
}

async function look(): Promise<void> {
  if (!navigator.onLine || !("caches" in window) || !(await caches.has(TILES).catch(() => false))) return;
  // Of another build, or offline after all: the next page looks again.
  await import("./refresh.ts").then(({ refreshAreas }) => refreshAreas()).catch(() => undefined);
  // On its own page a fetch that broke off is about to be taken up again.
  if (location.pathname !== PAGE) await import("./take.ts").then(({ tidyAreas }) => tidyAreas()).catch(() => undefined);
}
