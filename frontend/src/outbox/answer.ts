/** One request to the city, and its answer in the form in which the policy reads it. Never rejects. */
import type { Body } from "./policy.ts";

export interface Answer {
  /** 0 for none: no network, a time-out, or a redirect. */
  status: number;
  redirected: boolean;
  /** Whether the body is JSON. */
  json: boolean;
  /** Whether it is problem JSON: then the city itself refused, and nothing on the way to it. */
  ours: boolean;
  body: Body;
  /** Milliseconds. */
  retryAfter: number | null;
}

export interface Ask {
  method: "GET" | "PUT" | "POST" | "DELETE";
  url: string;
  body?: ArrayBuffer | string | FormData;
  type?: string;
  /** Shows who asks, beside the cookie. */
  stamp?: string;
}

const PATIENCE = 30_000;
/** Bytes a millisecond: five uploads at once over 100 kbit/s are each a fifth of 12.5. */
const SLOWEST = 2.5;
const LARGEST_ANSWER = 512_000;
const NONE: Answer = { status: 0, redirected: false, json: false, ours: false, body: {}, retryAfter: null };

/** The city's answer, within 30 s and what the bytes take over a slow network; `stop` ends it at once. */
export async function ask({ method, url, body, type, stamp }: Ask, stop?: AbortSignal): Promise<Answer> {
  const limit = new AbortController();
  const end = (): void => limit.abort();
  const timer = setTimeout(end, PATIENCE + sizeOf(body) / SLOWEST);
  if (stop?.aborted) end();
  stop?.addEventListener("abort", end);
  try {
    const headers = { Accept: "application/json", ...(type ? { "Content-Type": type } : {}), ...(stamp ? { "Blockwise-Stamp": stamp } : {}) };
    // A redirect leads to a sign-in page, here or at a hotel: never a receipt.
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }), signal: limit.signal, redirect: "manual", cache: "no-store" });
    return await read(response);
  } catch {
    return NONE;
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener("abort", end);
  }
}

async function read(response: Response): Promise<Answer> {
  const redirected = response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400);
  if (redirected) return { ...NONE, redirected };
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isJson = type === "application/json" || type === "application/problem+json";
  const body = isJson ? parse(await text(response)) : null;
  if (!isJson) response.body?.cancel().catch(() => undefined);
  const retryAfter = seconds(response.headers.get("Retry-After"));
  return { status: response.status, redirected, json: body !== null, ours: type === "application/problem+json", body: body ?? {}, retryAfter };
}

/** The body as text; "" for one that is larger than any answer of ours. Rejects when the connection breaks off. */
async function text(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let whole = "";
  let size = 0;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > LARGEST_ANSWER) {
      reader.cancel().catch(() => undefined);
      return "";
    }
    whole += decoder.decode(value, { stream: true });
  }
  return whole + decoder.decode();
}

function parse(words: string): Body | null {
  try {
    const value: unknown = JSON.parse(words);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function seconds(header: string | null): number | null {
  const value = Number(header);
  return header !== null && header.trim() !== "" && value >= 0 ? value * 1000 : null;
}

function sizeOf(body: Ask["body"]): number {
  if (body === undefined) return 0;
  if (body instanceof FormData) return [...body.values()].reduce((sum, one) => sum + (typeof one === "string" ? one.length : one.size), 0);
  return typeof body === "string" ? body.length : body.byteLength;
}
