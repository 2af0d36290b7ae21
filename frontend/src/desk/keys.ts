/** The keys of the queue: one letter each, never while somebody writes, and off for who wants none. */

const OFF = "desk-keys-off";
const FIELDS = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable], dialog";

export function areOff(): boolean {
  return localStorage.getItem(OFF) === "yes";
}

export function turnOff(off: boolean): void {
  if (off) localStorage.setItem(OFF, "yes");
  else localStorage.removeItem(OFF);
}

/** Does what a key says in `acts`, until the signal ends it. */
export function listen(acts: Record<string, () => void>, signal: AbortSignal): void {
  const pressed = (event: KeyboardEvent): void => {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // The help itself stays: it is how the keys are turned on again.
    if ((areOff() && event.key !== "?") || (event.target as Element).closest?.(FIELDS)) return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", pressed, { signal });
}
