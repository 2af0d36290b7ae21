/** What a push message says, read without trust: whatever came, something can be shown. */
import { wholeNumber } from "./unread.ts";

/** A button of the message, and the page that it opens. */
export interface Action {
  title: string;
  url: string;
}

export interface Message {
  title: string;
  body: string;
  /** Messages with the same one take each other's place: the request's number, or what kind of news it is. */
  tag: string;
  /** A path of ours. */
  url: string;
  /** How many are unread now; null where the message does not say. */
  unread: number | null;
  language: string;
  actions: Action[];
}

export interface Fallback {
  title: string;
  body: string;
  language: string;
}

const NEWS = "/my";
const MOST_ACTIONS = 2;

/** The message; null for one without a title. */
export function readMessage(text: string, origin: string): Message | null {
  const given = parsed(text);
  return words(given["title"]) ? message(given, origin) : null;
}

/** What is shown in the place of one that cannot be read; what it does say is kept. */
export function unreadable(text: string, origin: string, { title, body, language }: Fallback): Message {
  const found = message(parsed(text), origin);
  return { ...found, title, body: found.body || body, language: found.language || language };
}

function message(given: Record<string, unknown>, origin: string): Message {
  return {
    title: words(given["title"]),
    body: words(given["body"]),
    tag: words(given["tag"]) || "news",
    url: ownPath(given["url"], origin) ?? NEWS,
    unread: given["badge"] === undefined || given["badge"] === null ? null : wholeNumber(given["badge"]),
    language: words(given["locale"]),
    actions: (Array.isArray(given["actions"]) ? given["actions"] : []).flatMap((one) => readAction(one, origin)).slice(0, MOST_ACTIONS),
  };
}

function readAction(given: unknown, origin: string): Action[] {
  const { title, url } = (given ?? {}) as Record<string, unknown>;
  const path = ownPath(url, origin);
  return words(title) && path ? [{ title: words(title), url: path }] : [];
}

/** The path of an address of ours; null for any other: no message leads away from the city. */
export function ownPath(given: unknown, origin: string): string | null {
  if (typeof given !== "string" || !given) return null;
  try {
    const url = new URL(given, origin);
    return url.origin === origin ? url.pathname + url.search + url.hash : null;
  } catch {
    return null;
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const given: unknown = JSON.parse(text);
    return given && typeof given === "object" && !Array.isArray(given) ? (given as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function words(given: unknown): string {
  return typeof given === "string" ? given.trim() : "";
}
