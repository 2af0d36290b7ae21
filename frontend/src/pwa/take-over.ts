/** Whether a new version may be put in place: not while a report is written or something is on its way. */
import { items } from "../outbox.ts";

/** `pages`: the addresses of all that is open. */
export async function mayTakeOver(pages: readonly string[]): Promise<boolean> {
  if (pages.some((url) => new URL(url).pathname.startsWith("/report"))) return false;
  const busy = await items().catch(() => []);
  return busy.every(({ state }) => state !== "sending");
}
