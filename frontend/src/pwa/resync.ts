/** On opening: the number on the icon is the city's, and an address that it has lost is told it again. */
import { changed } from "../outbox/changes.ts";
import { getJson } from "../http.ts";
import { fingerprint, isFor, subscribe, tellCity } from "./endpoint.ts";
import { isWanted, keepUnread } from "./unread.ts";

/** A page that is looked at again sooner asks nothing. */
const CALM_MS = 60_000;

interface State {
  known: boolean;
  unread: number;
  key: string | null;
}

let asked = 0;

/** Called where notifications are allowed. */
export async function resync(now = Date.now()): Promise<void> {
  if (Math.abs(now - asked) < CALM_MS) return;
  asked = now;
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.getSubscription();
  const query = subscription ? `?endpoint=${await fingerprint(subscription.endpoint)}` : "";
  const state = await getJson<State>(`/notifications/state${query}`);
  await keepUnread(state.unread);
  changed();
  if (!state.key) return;
  const isLost = subscription ? !isFor(subscription, state.key) : await isWanted();
  if (isLost) await subscribe(registration, state.key);
  else if (subscription && !state.known) await tellCity(subscription);
}

/** After a message has come, and when the person comes back. */
export function keepInStep(): void {
  const again = (): void => void resync().catch(() => undefined);
  again();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ type?: string } | null>) => {
    if (data?.type !== "told") return;
    asked = 0;
    if (document.visibilityState === "visible") again();
  });
}

