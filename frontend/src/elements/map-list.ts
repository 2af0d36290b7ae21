/** The list beside the map: it follows the map, shows what a tap has found, and marks on the map what one looks at. */
import { need } from "../report/fields.ts";
import { countOf, inBox, listUrl, loadList, type Listed, replaceList } from "../map-page/listing.ts";
import { change, current, type View, view, watchMap } from "../map-page/store.ts";
import type { Point } from "../report/geo.ts";
import { say } from "../words.ts";

export const LOOKED_AT = "map-looked-at";
const PAUSE = 250;
const DRAWN_PX = 16;

export class MapList extends HTMLElement {
  #timer = 0;
  #asking: AbortController | null = null;
  #asked = "";
  /** What the server sent for the list that is shown; empty once it is another's. */
  #shown = "";
  /** Where a tap has found what is listed now; null while the list follows the map. */
  #held: Point | null = null;
  #body!: HTMLElement;

  connectedCallback(): void {
    this.#body = need(this, "[data-body]");
    watchMap(["filter"], () => {
      this.#held = null;
      this.follow();
    });
    watchMap(["view"], () => {
      if (!this.#held) this.follow();
    });
    this.addEventListener("click", (event) => this.#pressed(event));
    for (const kind of ["mouseover", "focusin"]) this.addEventListener(kind, (event) => this.#look(event.target as Element));
    for (const kind of ["mouseleave", "focusout"]) this.addEventListener(kind, () => this.#mark(this.#held));
    addEventListener("online", () => this.follow());
    this.#drag(need(this, "[data-grow]"));
  }

  /** The grip is drawn up or down, or pressed. */
  #drag(grip: HTMLElement): void {
    let from = 0;
    grip.addEventListener("pointerdown", (event) => {
      from = event.clientY;
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("click", (event) => {
      const way = event.detail ? event.clientY - from : 0;
      this.grow(Math.abs(way) > DRAWN_PX ? way < 0 : !this.classList.contains("tall"));
    });
  }

  /** Lists what is on the screen, once the map rests. */
  follow(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      const seen = view();
      if (seen) void this.#load(this.#urlOf(seen));
    }, this.#asked ? PAUSE : 0);
  }

  /** Lists one place: `where` is a part of an address, as a stack's cell or a box of one point. */
  async hold(where: Record<string, string>, at: Point): Promise<void> {
    this.#held = at;
    need<HTMLAnchorElement>(this, "[data-at-address]").href = `/map/at?lat=${at.lat.toFixed(6)}&long=${at.long.toFixed(6)}`;
    await this.#load(listUrl(current(), where));
    this.#mark(at);
  }

  release(): void {
    this.#held = null;
    this.#mark(null);
    this.follow();
  }

  grow(tall: boolean): void {
    this.classList.toggle("tall", tall);
    need(this, "[data-grow]").setAttribute("aria-expanded", String(tall));
  }

  #urlOf({ bbox, zoom }: View): string {
    return listUrl(current(), inBox(bbox, zoom));
  }

  async #load(url: string): Promise<void> {
    if (url === this.#asked && !this.#body.querySelector("[data-again]")) return;
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#asked = url;
    this.#body.setAttribute("aria-busy", "true");
    try {
      this.#show(await loadList(url, asking.signal));
    } catch {
      if (asking.signal.aborted) return;
      this.#failed();
    }
    this.#body.removeAttribute("aria-busy");
  }

  #show({ html, total }: Listed): void {
    if (html !== this.#shown) {
      replaceList(this.#body, html);
      if (this.#body.parentElement) this.#body.parentElement.scrollTop = 0;
    }
    this.#shown = html;
    this.#tell(this.#held ? countOf(total, "here") : countOf(total, "in_view"));
    this.toggleAttribute("data-holds", this.#held !== null);
    this.dispatchEvent(new CustomEvent("map-counted", { bubbles: true, detail: total }));
  }

  #failed(): void {
    const again = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: say("again") });
    again.dataset["again"] = "";
    const words = Object.assign(document.createElement("p"), { textContent: say(navigator.onLine ? "list_failed" : "list_offline") });
    const box = Object.assign(document.createElement("div"), { className: "empty" });
    box.append(words, again);
    this.#body.replaceChildren(box);
    this.#shown = "";
    this.#tell(say("list_unknown"));
  }

  #tell(words: string): void {
    const title = need(this, "[data-count]");
    if (title.textContent !== words) title.textContent = words;
  }

  #pressed(event: MouseEvent): void {
    const target = event.target as Element;
    if (target.closest("[data-again]")) this.follow();
    else if (target.closest("[data-release]")) this.release();
    if (target.closest("[data-show-all]")) {
      event.preventDefault();
      change({ filter: {} });
    }
    const more = target.closest<HTMLAnchorElement>("a[rel=next]");
    if (more && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      void this.#more(more);
    }
  }

  /** The next page goes where the link to it stood, and the reader to its first report. */
  async #more(link: HTMLAnchorElement): Promise<void> {
    link.setAttribute("aria-busy", "true");
    try {
      const { html } = await loadList(link.href);
      const page = document.createRange().createContextualFragment(html);
      const first = page.querySelector<HTMLElement>("h3 a");
      (link.closest("[data-more]") ?? link).replaceWith(page);
      this.#shown = "";
      first?.focus();
    } catch {
      link.removeAttribute("aria-busy");
      link.textContent = say("again");
    }
  }

  #look(target: Element): void {
    const item = target.closest<HTMLElement>("[data-lat]");
    if (item) this.#mark({ lat: Number(item.dataset["lat"]), long: Number(item.dataset["long"]) });
  }

  #mark(at: Point | null): void {
    this.dispatchEvent(new CustomEvent<Point | null>(LOOKED_AT, { bubbles: true, detail: at }));
  }
}
