/** Makes photos ready in a worker; on the page where there is none, or where it does not answer. */
import type { Rung } from "../store/space.ts";
import type { Ready } from "./shrink.ts";

export interface Job {
  file: Blob;
  rung: Rung;
}

export type Answer = { ready: Ready } | { unreadable: string };

/** Longer than the largest photo takes on the slowest phone. */
const WAIT = 30_000;

/** Undefined before it was wanted, null where it failed. */
let worker: Worker | null | undefined;

/** Starts the worker before the first photo is there. `address` is that of the built shrink-worker.js. */
export function warm(address: string): Worker | null {
  if (worker !== undefined) return worker;
  try {
    worker = new Worker(address, { type: "module" });
    worker.addEventListener("error", () => (worker = null));
  } catch {
    worker = null;
  }
  return worker;
}

/** Rejects for a file that is no picture. */
export async function makeReadyAside(address: string, job: Job): Promise<Ready> {
  const helper = warm(address);
  const answer = helper && (await asked(helper, job));
  if (!answer) return (await import("./shrink.ts")).makeReady(job.file, job.rung);
  if ("unreadable" in answer) throw new Error(answer.unreadable);
  return answer.ready;
}

/** Null when the worker is broken: then it is given up. */
function asked(helper: Worker, job: Job): Promise<Answer | null> {
  const { port1, port2 } = new MessageChannel();
  return new Promise<Answer | null>((done) => {
    const giveUp = (): void => {
      worker = null;
      helper.terminate();
      done(null);
    };
    const timer = setTimeout(giveUp, WAIT);
    helper.addEventListener("error", giveUp, { once: true });
    port1.onmessage = (event: MessageEvent<Answer>) => {
      clearTimeout(timer);
      helper.removeEventListener("error", giveUp);
      done(event.data);
    };
    helper.postMessage(job, [port2]);
  }).finally(() => port1.close());
}
