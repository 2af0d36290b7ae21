/** Whether a new version may be put in place: not while a report is written or something is on its way. */
import { NAME } from "../outbox/changes.ts";

/** `pages`: the addresses of all that is open. Whoever sends, in whichever tab, holds the outbox's lock. */
export async function mayTakeOver(pages: readonly string[]): Promise<boolean> {
  if (pages.some((url) => new URL(url).pathname.startsWith("/report"))) return false;
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return !held.some(({ name }) => name === NAME);
}
