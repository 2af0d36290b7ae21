const A_TURN_MS = 100;

export function nextTask(): Promise<void> {
  return new Promise((done) => setTimeout(done));
}

/** Once what was drawn is on the screen, and whoever waited for it has had a turn. */
export function afterFrame(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done, A_TURN_MS)));
}

/** Many small pieces of work, one after the other, with a breath for the page after every few milliseconds. */
export function inTurns(most: number): (work: () => void) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let began = 0;
  return (work) => {
    last = last.then(async () => {
      if (performance.now() - began > most) {
        await nextTask();
        began = performance.now();
      }
      work();
    });
    return last;
  };
}
