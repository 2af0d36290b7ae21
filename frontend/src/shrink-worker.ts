/** The worker that makes photos ready, so that no tap on the page waits for it. */
import type { Answer, Job } from "./report/shrinking.ts";
import { makeReady } from "./report/shrink.ts";

addEventListener("message", (event: MessageEvent<Job>) => {
  const { file, rung } = event.data;
  const back = event.ports[0];
  makeReady(file, rung).then(
    (ready) => back?.postMessage({ ready } satisfies Answer, ready.thumb ? [ready.bytes, ready.thumb] : [ready.bytes]),
    (error: unknown) => back?.postMessage({ unreadable: String(error) } satisfies Answer),
  );
});
