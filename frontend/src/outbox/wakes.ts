/** What wakes the sender on a page: its load, the network, the person coming back, the time of the next try. */
import { calmly } from "./calm.ts";
import { watch } from "./changes.ts";
import { keepSafe } from "./safe.ts";
import { drain, drainAll, nextPass } from "./sender.ts";

const SOONEST = 250;
const AGAIN = 60_000;

let started = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const look = calmly(setClock, SOONEST);

/** Called once on every page; a second call does nothing. */
export function startSender(): void {
  if (started) return;
  started = true;
  const quietly = (wake: () => Promise<void>) => () => void wake().catch(() => undefined).finally(look);
  const all = quietly(drainAll);
  addEventListener("online", all);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && all());
  navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<{ type?: string } | null>) => data?.type === "drain" && all());
  watch(look);
  if (document.readyState === "complete") all();
  else addEventListener("load", all, { once: true });
}

/** Sets the clock for the next try. */
async function setClock(): Promise<void> {
  const now = Date.now();
  const next = await nextPass(now).catch(() => now + AGAIN);
  clearTimeout(timer);
  if (next === null) return;
  keepSafe();
  timer = setTimeout(() => void drain().catch(() => undefined).finally(look), Math.max(next - now, SOONEST));
}
