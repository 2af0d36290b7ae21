/** What changes in the queue while somebody looks at it. A page that nobody sees keeps no connection open. */

export interface Told {
  line(number: string, html: string): void;
  there(names: Record<string, string>): void;
  many(): void;
  ended(): void;
}

export function follow(address: string, told: Told, signal: AbortSignal): void {
  let source: EventSource | null = null;
  let missed = false;
  const facts = <T>(event: Event): T => JSON.parse((event as MessageEvent<string>).data) as T;
  const open = (): void => {
    // What changed meanwhile is not told again.
    if (missed) told.many();
    source = new EventSource(address);
    source.addEventListener("line", (event) => {
      const { number, html } = facts<{ number: string; html: string }>(event);
      told.line(number, html);
    });
    source.addEventListener("there", (event) => told.there(facts(event)));
    source.addEventListener("many", () => told.many());
    source.addEventListener("ended", () => {
      close();
      told.ended();
    });
  };
  const close = (): void => {
    source?.close();
    source = null;
  };
  const seen = (): void => {
    if (document.hidden) {
      missed ||= source !== null;
      close();
    } else if (!source) {
      open();
      missed = false;
    }
  };
  document.addEventListener("visibilitychange", seen, { signal });
  // A page that is kept to come back to must not hold a connection.
  addEventListener("pagehide", close, { signal });
  signal.addEventListener("abort", close);
  seen();
}
