/** What wakes the sender on a page: its load, the network, the person coming back, the time of the next try. */
import { watch } from "./changes.ts";
import { keepSafe } from "./safe.ts";
import { drain, drainAll, nextPass } from "./sender.ts";

const SOONEST = 250;
const AGAIN = 60_000;

let started = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let looking = false;

/** Called once on every page; a second call does nothing. */
export function startSender(): void {
  if (started) return;
  started = true;
  const quietly = (wake: () => Promise<void>) => () => void wake().catch(() => undefined).finally(() => void look());
  const all = quietly(drainAll);
  addEventListener("online", all);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && all());
  navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<{ type?: string } | null>) => data?.type === "drain" && all());
  watch(() => void look());
  if (document.readyState === "complete") all();
  else addEventListener("load", all, { once: true });
}

/** Sets the clock for the next try. */
async function look(): Promise<void> {
  if (looking) return;
  looking = true;
  const now = Date.now();
  const next = await nextPass(now).catch(() => now + AGAIN);
  looking = false;
  clearTimeout(timer);
  if (next === null) return;
  keepSafe();
  timer = setTimeout(() => void drain().catch(() => undefined).finally(() => void look()), Math.max(next - now, SOONEST));
}
