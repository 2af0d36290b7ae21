/// <reference lib="webworker" />
/** Push in the service worker: a message is always shown, leads to its page, and puts its count on the icon. */
import { showOnIcon } from "../outbox/changes.ts";
import { renewed } from "./endpoint.ts";
import { plain } from "./escaped.ts";
import { languageOf } from "./kept.ts";
import { type Fallback, type Message, ownPath, readMessage, unreadable } from "./message.ts";
import { OFFLINE } from "./names.ts";
import { keptInShell } from "./shell.ts";
import { keepUnread } from "./unread.ts";
import { choosePage } from "./which-page.ts";

declare const self: ServiceWorkerGlobalScope;

const ICON = "/static/icons/icon-192.png";
const MARK = "/static/icons/monochrome-512.png";
const WORDS = /data-push-title="([^"]*)" data-push-body="([^"]*)"/;

const NOTHING_KNOWN: Fallback = { title: "311", body: "", language: "" };

interface Changed extends ExtendableEvent {
  readonly oldSubscription: PushSubscription | null;
  readonly newSubscription: PushSubscription | null;
}

export function answerPush(): void {
  self.addEventListener("push", (event) => event.waitUntil(onPush(event.data)));
  self.addEventListener("notificationclick", (event) => event.waitUntil(onClick(event)));
  self.addEventListener("pushsubscriptionchange", (event) => {
    const { oldSubscription, newSubscription } = event as Changed;
    (event as Changed).waitUntil(renewed(self.registration, oldSubscription, newSubscription));
  });
}

async function onPush(data: PushMessageData | null): Promise<void> {
  // Without waiting for anything where it can be read: of two that come at once the second is shown last.
  const text = textOf(data);
  const message = readMessage(text, self.location.origin) ?? unreadable(text, self.location.origin, await fallback().catch(() => NOTHING_KNOWN));
  await show(message);
  if (message.unread !== null) await keepUnread(message.unread).catch(() => undefined);
  await showOnIcon().catch(() => undefined);
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage({ type: "told" });
}

function textOf(data: PushMessageData | null): string {
  try {
    return data?.text() ?? "";
  } catch {
    return "";
  }
}

/** `renotify` and `actions` are not in every browser's idea of a notification. */
async function show({ title, body, tag, url, language, actions }: Message): Promise<void> {
  const buttons = actions.map(({ title }, at) => ({ action: String(at), title }));
  const options = {
    body,
    tag,
    renotify: true,
    icon: ICON,
    badge: MARK,
    lang: language,
    dir: "auto" as const,
    data: { url, actions: actions.map((one) => one.url) },
    actions: buttons,
  };
  await self.registration.showNotification(title, options);
}

async function onClick({ notification, action }: NotificationEvent): Promise<void> {
  notification.close();
  const { url, actions } = (notification.data ?? {}) as { url?: unknown; actions?: unknown[] };
  const path = ownPath(action ? actions?.[Number(action)] : url, self.location.origin) ?? "/my";
  const pages = await self.clients.matchAll({ type: "window" });
  const at = choosePage(pages, new URL(path, self.location.origin).href);
  const page = pages[at];
  if (!page) return void (await self.clients.openWindow(path));
  await page.focus().catch(() => undefined);
  // What it shows is older than the message.
  await page.navigate(path).catch(() => self.clients.openWindow(path));
}

/** What is said where a message cannot be read, as the page for no connection has it in the person's language. */
async function fallback(): Promise<Fallback> {
  const kept = await keptInShell(OFFLINE);
  const [, title = "", body = ""] = WORDS.exec((await kept?.clone().text()) ?? "") ?? [];
  return { title: plain(title) || "311", body: plain(body), language: languageOf(kept) };
}
