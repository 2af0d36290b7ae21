/** Registers the service worker; a new version is offered, and never put in place while a report is being written. */

const WRITING = "/report";

export async function keepServiceWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("/service-worker.js");
    const watch = (worker: ServiceWorker | null): void => {
      worker?.addEventListener("statechange", () => worker.state === "installed" && navigator.serviceWorker.controller && offer(worker));
    };
    if (registration.waiting) offer(registration.waiting);
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
  } catch {
    // Private mode, or a browser without: the pages work from the network.
  }
}

function offer(worker: ServiceWorker): void {
  const note = document.querySelector<HTMLElement>("[data-update]");
  if (!note || location.pathname.startsWith(WRITING)) return;
  note.hidden = false;
  note.querySelector("button")?.addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    worker.postMessage({ type: "SKIP_WAITING" });
  });
}
