/** Which of the open pages a message is shown in. */

interface Page {
  readonly url: string;
  readonly focused: boolean;
  readonly visibilityState: string;
}

/** The place of the page among `pages`; -1 for a new one: a page on which a report is written is left alone. */
export function choosePage(pages: readonly Page[], wanted: string): number {
  const same = pages.findIndex(({ url }) => bare(url) === bare(wanted));
  if (same >= 0) return same;
  const free = pages.map((page, at) => ({ page, at })).filter(({ page }) => !isWriting(page.url));
  const best = free.find(({ page }) => page.focused) ?? free.find(({ page }) => page.visibilityState === "visible") ?? free[0];
  return best?.at ?? -1;
}

/** Somebody may be in the middle of a form there. */
function isWriting(url: string): boolean {
  const { pathname } = new URL(url);
  return pathname.startsWith("/report") || pathname.endsWith("/correction") || pathname.endsWith("/fixed") || pathname.startsWith("/staff");
}

function bare(url: string): string {
  return url.replace(/#.*$/, "");
}
