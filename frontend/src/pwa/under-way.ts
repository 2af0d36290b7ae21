/** What the service worker is just putting away: when the device is forgotten, what was asked for before must not come back after. */
const running = new Set<Promise<unknown>>();

/** Notes work that keeps pages, and gives it back. */
export function keeping<Result>(work: Promise<Result>): Promise<Result> {
  const ended: Promise<void> = work.then(() => undefined, () => undefined).then(() => void running.delete(ended));
  running.add(ended);
  return work;
}

/** Resolves when all that runs now has ended; what begins later is not waited for. */
export async function keptSoFar(): Promise<void> {
  await Promise.all(running);
}
