/** This browser's address at its push service: asked for, told to the city, renewed, and given up. */
import { keepUnread, keepWish } from "./unread.ts";

const PUSH = "/notifications/push";
const KEY = "/notifications/key";
const PATIENCE_MS = 8000;

interface Told {
  unread?: number;
}

/** The city's key, in base64url; null where it sends no push messages. Rejects without an answer. */
export async function cityKey(): Promise<string | null> {
  const answer = await fetch(KEY, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(String(answer.status));
  return ((await answer.json()) as { key: string }).key;
}

/** Gets an address for the city's key, and tells it the city. Rejects when either does not work; nothing is left then. */
export async function subscribe(registration: ServiceWorkerRegistration, key: string, replaces?: string): Promise<PushSubscription> {
  const before = await registration.pushManager.getSubscription();
  const isOld = before && !isFor(before, key);
  if (isOld) await before.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) };
  const subscription = before && !isOld ? before : await registration.pushManager.subscribe(options);
  try {
    await tellCity(subscription, isOld ? before.endpoint : replaces);
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
  return subscription;
}

export async function tellCity(subscription: PushSubscription, replaces?: string): Promise<void> {
  const body = JSON.stringify({ ...subscription.toJSON(), ...(replaces ? { replaces } : {}) });
  const answer = await fetch(PUSH, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(String(answer.status));
  const { unread } = (await answer.json()) as Told;
  if (unread !== undefined) await keepUnread(unread);
  await keepWish(true);
}

/** Gives the address up: the city first, then the push service, which refuses what is still sent to it. */
export async function unsubscribe(registration: ServiceWorkerRegistration): Promise<void> {
  await keepWish(false);
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return;
  const body = JSON.stringify({ endpoint: subscription.endpoint });
  await fetch(PUSH, { method: "DELETE", headers: { "Content-Type": "application/json" }, body, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
  await subscription.unsubscribe();
}

/** The push service has given this browser another address, or none any more. */
export async function renewed(registration: ServiceWorkerRegistration, before: PushSubscription | null, after: PushSubscription | null): Promise<void> {
  if (after) return tellCity(after, before?.endpoint);
  const key = await cityKey();
  if (key) await subscribe(registration, key, before?.endpoint);
}

export function isFor(subscription: PushSubscription, key: string): boolean {
  const used = subscription.options.applicationServerKey;
  return !used || base64url(new Uint8Array(used)) === key.replace(/=+$/, "");
}

export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** How the city may be asked about an address without naming it: its SHA-256, in hexadecimal digits. */
export async function fingerprint(endpoint: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
