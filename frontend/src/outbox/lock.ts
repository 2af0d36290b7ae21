/** One sender over all tabs and the service worker. */
import { hear, NAME, say } from "./changes.ts";

const SIGN_OF_LIFE = 10_000;
/** Chromium wakes a page in the background once a minute. */
const PATIENCE = 90_000;

let last: Promise<void> = Promise.resolve();

/**
 * Runs `work` when nobody else is sending. A tab that iOS has put to sleep keeps its lock: one that gives no sign of
 * life for a minute and a half loses it, and its `work` is told by the signal.
 */
export async function alone(work: (lost: AbortSignal) => Promise<void>, patience = PATIENCE): Promise<void> {
  if (!navigator.locks) return (last = last.then(() => work(new AbortController().signal)));
  const waiting = new AbortController();
  const lost = new AbortController();
  const end = watchHolder(() => waiting.abort(), patience);
  const held = async (): Promise<void> => {
    end();
    await alive(() => work(lost.signal));
  };
  try {
    await navigator.locks.request(NAME, { signal: waiting.signal }, held).catch((error: unknown) => {
      if (!waiting.signal.aborted) throw error;
      return navigator.locks.request(NAME, { steal: true }, held);
    });
  } catch (error) {
    lost.abort();
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  } finally {
    end();
  }
}

/** Calls `dead` when nobody that sends has been heard of for `patience` milliseconds. */
function watchHolder(dead: () => void, patience: number): () => void {
  let timer = setTimeout(dead, patience);
  const unhear = hear("alive", () => {
    clearTimeout(timer);
    timer = setTimeout(dead, patience);
  });
  return () => {
    clearTimeout(timer);
    unhear();
  };
}

async function alive(work: () => Promise<void>): Promise<void> {
  const beat = setInterval(() => say({ type: "alive" }), SIGN_OF_LIFE);
  try {
    await work();
  } finally {
    clearInterval(beat);
  }
}
