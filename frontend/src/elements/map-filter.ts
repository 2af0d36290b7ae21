/** The filter: a sheet on a phone, a panel on a desk. Each choice counts at once, and is written to the address. */
import { need } from "../report/fields.ts";
import { countOf } from "../map-page/listing.ts";
import { MEASURE } from "../map-page/rates.ts";
import { type Colour, countFilters, METRES, readFilter, readNear, SHOWN_BY_DEFAULT, without, writeNear } from "../map-page/state.ts";
import { change, current, QUESTION, watchMap } from "../map-page/store.ts";
import { say } from "../words.ts";

const DESK = "(min-width: 64rem)";

export class MapFilter extends HTMLElement {
  #form!: HTMLFormElement;
  #dialog!: HTMLDialogElement;
  /** Whether the form has still to be told what the state is: hundreds of fields, which nobody sees until it opens. */
  #stale = true;

  connectedCallback(): void {
    this.#form = need(this, "form");
    this.#dialog = need(this, "dialog");
    this.#dialog.close();
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dialog.close();
    });
    this.#form.addEventListener("change", (event) => this.#changed(event.target as HTMLInputElement));
    this.#form.addEventListener("input", (event) => this.#find(event.target as HTMLInputElement));
    this.addEventListener("click", (event) => this.#pressed(event.target as Element));
    this.#dialog.addEventListener("close", () => this.#opener.setAttribute("aria-expanded", "false"));
    this.#opener.addEventListener("click", () => this.#toggle());
    document.addEventListener("map-counted", (event) => {
      need(this, "[data-done]").textContent = countOf((event as CustomEvent<number | null>).detail, "show");
    });
    watchMap(QUESTION, () => this.#tell());
    this.#tell();
  }

  get #opener(): HTMLElement {
    return need(document, "[data-open-filter]");
  }

  #toggle(): void {
    if (this.#dialog.open) return this.#dialog.close();
    if (this.#stale) this.#write();
    if (matchMedia(DESK).matches) this.#dialog.show();
    else this.#dialog.showModal();
    this.#opener.setAttribute("aria-expanded", "true");
  }

  #pressed(target: Element): void {
    if (target === this.#dialog || target.closest("[data-close]")) this.#dialog.close();
    if (target.closest("[data-clear]")) change({ filter: {} });
    if (target.closest("[data-no-circle]")) change({ filter: without(current().filter, "near") });
    if (target.closest("[data-circle-here]")) this.#circle();
  }

  #changed(input: HTMLInputElement): void {
    if (input.name === "colour" || input.name === "layer" || input.name === "measure") return this.#draw();
    if (input.name === "metres") return this.#circle();
    if (!input.name) return;
    this.#whole(input);
    change({ filter: readFilter(new FormData(this.#form)) });
  }

  #draw(): void {
    const data = new FormData(this.#form);
    const colour = String(data.get("colour")) as Colour;
    const layer = String(data.get("layer") ?? "");
    const first = need<HTMLSelectElement>(this.#form, "[name=layer]").options[1]?.value ?? "";
    change({ colour, layer: colour === "rates" ? layer || first : layer, measure: String(data.get("measure") ?? "") });
  }

  /** A whole group and single kinds of it exclude each other. */
  #whole(input: HTMLInputElement): void {
    const group = input.closest("[data-group]");
    if (!input.checked || !group) return;
    const others = input.name === "group" ? "[name=service_code]" : "[name=group]";
    for (const other of group.querySelectorAll<HTMLInputElement>(others)) other.checked = false;
  }

  /** A circle around the middle of the map, or the one there is with another radius. */
  #circle(): void {
    const { filter, at } = current();
    const metres = Math.min(50_000, Math.max(1, Number(need<HTMLInputElement>(this.#form, "[name=metres]").value) || METRES));
    const centre = readNear(filter.near) ?? at;
    if (centre) change({ filter: { ...filter, near: writeNear({ lat: centre.lat, long: centre.long, metres }) } });
  }

  #find(input: HTMLInputElement): void {
    if (!input.matches("[data-find]")) return;
    const words = input.value.trim().toLocaleLowerCase();
    let found = 0;
    for (const group of this.#form.querySelectorAll<HTMLDetailsElement>("[data-group]")) {
      const whole = !words || need(group, "summary").textContent!.toLocaleLowerCase().includes(words);
      let shown = 0;
      for (const row of group.querySelectorAll<HTMLElement>(".choice")) shown += Number((row.hidden = !(whole || row.textContent!.toLocaleLowerCase().includes(words))) === false);
      group.hidden = shown === 0;
      group.open = Boolean(words) && shown > 0;
      found += shown;
    }
    need(this, "[data-found]").textContent = words ? say(found ? "kinds_found" : "kinds_none", { count: found }) : "";
  }

  /** The button says how much is chosen, and the form what. */
  #tell(): void {
    const count = countFilters(current().filter);
    need(this.#opener, "[data-number]").textContent = count ? String(count) : "";
    if (this.#dialog.open) this.#write();
    else this.#stale = true;
  }

  /** The form says what the state is, whoever changed it. */
  #write(): void {
    this.#stale = false;
    const { filter, colour, layer, measure } = current();
    const told: Record<string, string> = { ...filter, status: filter.status ?? SHOWN_BY_DEFAULT, colour, layer, measure };
    for (const input of this.#form.elements) {
      if (input instanceof HTMLInputElement && (input.type === "checkbox" || input.type === "radio")) input.checked = (told[input.name] ?? "").split(",").includes(input.value);
      else if ((input instanceof HTMLInputElement || input instanceof HTMLSelectElement) && input.name && input.name !== "metres" && input !== document.activeElement) input.value = told[input.name] || (input.name === "measure" ? MEASURE : "");
    }
    const near = readNear(filter.near);
    if (near) need<HTMLInputElement>(this.#form, "[name=metres]").value = String(near.metres);
    need<HTMLElement>(this, "[data-no-circle]").hidden = !near;
    need<HTMLElement>(this, "[data-measures]").hidden = colour !== "rates";
    need<HTMLElement>(this, "[data-clear]").hidden = countFilters(filter) === 0;
    for (const group of this.#form.querySelectorAll<HTMLElement>("[data-group]")) group.classList.toggle("chosen", group.querySelector(":checked") !== null);
  }
}
