/** The map's own files: the service worker knows which they are in its build, and keeps them with the first area. */

export interface Weight {
  /** As sent, and as kept. */
  bytes: number;
  plain: number;
}

const PATIENCE_MS = 120_000;

/** What of them is not kept yet. Rejects where there is no service worker. */
export function missingFiles(): Promise<Weight> {
  return ask("area-files");
}

/** Resolves when all of them are kept. */
export async function keepFiles(signal: AbortSignal): Promise<void> {
  await ask("keep-area-files", signal);
}

export function canKeep(): boolean {
  return "serviceWorker" in navigator && "caches" in window && "indexedDB" in window && "locks" in navigator;
}

async function ask(type: string, signal?: AbortSignal): Promise<Weight> {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  const ended = signal ? AbortSignal.any([signal, limit]) : limit;
  return new Promise<Weight>((answered, failed) => {
    const { port1, port2 } = new MessageChannel();
    ended.addEventListener("abort", () => failed(ended.reason as Error));
    port1.onmessage = ({ data }) => {
      const { weight } = data as { weight?: Weight };
      if (weight) answered(weight);
      else failed(new Error("The map's files were not to be had."));
    };
    navigator.serviceWorker.ready.then(({ active }) => active?.postMessage({ type }, [port2]), failed);
  });
}
