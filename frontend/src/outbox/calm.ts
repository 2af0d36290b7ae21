/** `work` at most once in `pause` milliseconds, and always once more after the last call. */
export function calmly(work: () => Promise<void>, pause: number): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, pause));
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}
