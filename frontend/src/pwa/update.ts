/** Registers the service worker; a new version is offered, and never put in place while a report is written or sent. */
import { MAP_PAGE } from "./names.ts";
import { mapRests } from "./rested.ts";

const WRITING = "/report";

export async function keepServiceWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const isFirst = !navigator.serviceWorker.controller;
  if (isFirst) await mapRests();
  try {
    const registration = await navigator.serviceWorker.register("/service-worker.js");
    const watch = (worker: ServiceWorker | null): void => {
      worker?.addEventListener("statechange", () => worker.state === "installed" && navigator.serviceWorker.controller && offer(worker));
    };
    if (registration.waiting) offer(registration.waiting);
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
    whenIdle(() => void freshen());
    if (isFirst && location.pathname === MAP_PAGE) await tell("keep-map");
  } catch {
    // Private mode, or a browser without: the pages work from the network.
  }
}

let soon = 0;

/** After something was sent, what is kept of one's own is out of date. */
export function freshenSoon(): void {
  clearTimeout(soon);
  if ("serviceWorker" in navigator) soon = window.setTimeout(() => void freshen(), 3000);
}

/** The service worker knows by itself whether there is anything to fetch. */
function freshen(): Promise<void> {
  return tell("freshen");
}

async function tell(type: string): Promise<void> {
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ type });
}

export function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 10_000 });
  else setTimeout(work, 2000);
}

function offer(worker: ServiceWorker): void {
  const note = document.querySelector<HTMLElement>("[data-update]");
  const button = note?.querySelector("button");
  if (!note || !button || location.pathname.startsWith(WRITING)) return;
  note.hidden = false;
  let wanted = false;
  button.addEventListener("click", () => {
    wanted = true;
    worker.postMessage({ type: "SKIP_WAITING" });
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => wanted && location.reload(), { once: true });
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if ((data as { type?: string }).type !== "not-now") return;
    const words = note.querySelector("p");
    if (words) words.textContent = note.dataset["notNow"] ?? "";
  });
}
