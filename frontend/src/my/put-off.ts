/** "Not now" is kept for a month. */
const NAME = "push-put-off";
const MONTH_MS = 30 * 24 * 3600_000;

export function putOff(now: number): void {
  try {
    localStorage.setItem(NAME, String(now));
  } catch {
    // It is asked again: no more than that is lost.
  }
}

export function isWaiting(now: number): boolean {
  try {
    const at = Number(localStorage.getItem(NAME) ?? 0);
    // A clock that was set back would keep it for ever.
    return at > 0 && Math.abs(now - at) < MONTH_MS;
  } catch {
    return false;
  }
}
