/** A map of one point, for those who can see it: loaded when it comes near the screen, gone where it cannot be drawn. */
import { loadMap } from "../map/load.ts";

const ZOOM = 16;

export class PointMap extends HTMLElement {
  connectedCallback(): void {
    this.hidden = false;
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      void this.#open();
    });
    watch.observe(this);
  }

  async #open(): Promise<void> {
    const told = (name: string): string => this.getAttribute(name) ?? "";
    try {
      const { pointMap } = await loadMap(told("script"), told("styles"));
      await pointMap(this, {
        at: { lat: Number(told("lat")), long: Number(told("long")) },
        zoom: ZOOM,
        worker: told("worker"),
        words: { zoomIn: told("zoom-in"), zoomOut: told("zoom-out"), source: told("source") },
        language: document.documentElement.lang,
      });
    } catch {
      this.hidden = true;
    }
  }
}

customElements.define("point-map", PointMap);
