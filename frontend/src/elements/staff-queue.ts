/** The queue by keyboard, and as it changes. Without it the list is a page with boxes and buttons. */
import { areOff, listen, turnOff } from "../desk/keys.ts";
import { follow } from "../desk/live.ts";
import { need } from "../report/fields.ts";

export class StaffQueue extends HTMLElement {
  #ends = new AbortController();
  #news = new Set<string>();

  connectedCallback(): void {
    const { signal } = this.#ends;
    listen(
      {
        j: () => this.#step(1),
        k: () => this.#step(-1),
        x: () => this.#here()?.querySelector<HTMLInputElement>("[name=chosen]")?.click(),
        a: () => this.#assign(),
        n: () => this.querySelector<HTMLElement>("[data-next]")?.click(),
        "/": () => document.querySelector<HTMLInputElement>(".queue-filter [name=q]")?.focus(),
        "?": () => this.#help(),
      },
      signal,
    );
    this.addEventListener("change", () => this.#count(), { signal });
    this.addEventListener("focusin", (event) => this.#mark((event.target as Element).closest(".line")), { signal });
    this.querySelector("[data-keys]")?.addEventListener("click", () => this.#help(), { signal });
    const off = this.querySelector<HTMLInputElement>("[data-keys-off]");
    if (off) {
      off.checked = areOff();
      off.addEventListener("change", () => turnOff(off.checked), { signal });
    }
    const address = this.getAttribute("events");
    if (address) follow(address, { line: (number, html) => this.#line(number, html), there: (names) => this.#there(names), many: () => this.#tell(this.dataset["many"]), ended: () => this.#tell(this.dataset["ended"]) }, signal);
    this.#count();
  }

  disconnectedCallback(): void {
    this.#ends.abort();
  }

  get #lines(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(".line")];
  }

  #here(): HTMLElement | undefined {
    return this.#lines.find((line) => line.classList.contains("here"));
  }

  #mark(line: Element | null): void {
    if (line) for (const one of this.#lines) one.classList.toggle("here", one === line);
  }

  #step(by: number): void {
    const here = this.#here();
    const to = here ? this.#lines.indexOf(here) + by : by > 0 ? 0 : this.#lines.length - 1;
    const link = this.#lines[to]?.querySelector<HTMLElement>("h2 a");
    link?.focus();
    link?.scrollIntoView({ block: "nearest" });
  }

  /** Those that are chosen; where none is, the one that the keys are at. */
  #assign(): void {
    const boxes = [...this.querySelectorAll<HTMLInputElement>("[name=chosen]")];
    const box = this.#here()?.querySelector<HTMLInputElement>("[name=chosen]");
    if (!boxes.some((one) => one.checked) && box) box.checked = true;
    if (boxes.some((one) => one.checked)) this.querySelector<HTMLElement>("[name=action][value=assign]")?.click();
  }

  #count(): void {
    const said = this.querySelector<HTMLElement>("[data-chosen-count]");
    const many = this.querySelectorAll("[name=chosen]:checked").length;
    if (said) said.textContent = many ? (said.dataset["words"] ?? "").replace("{count}", String(many)) : "";
  }

  #help(): void {
    need<HTMLDialogElement>(this, "dialog").showModal();
  }

  /** A line has changed: it is shown where it stands, greyed where it fits no more, or announced. */
  #line(number: string, html: string): void {
    const old = this.#lines.find((line) => line.dataset["number"] === number);
    if (!old) {
      if (!html) return;
      this.#news.add(number);
      return this.#tell((this.dataset["changed"] ?? "").replace("{count}", String(this.#news.size)));
    }
    if (!html) {
      old.classList.add("gone");
      const there = need<HTMLElement>(old, "[data-there]");
      if (!there.querySelector(".left")) there.append(Object.assign(document.createElement("p"), { className: "left small soft", textContent: this.dataset["gone"] ?? "" }));
      return;
    }
    const made = document.createElement("template");
    made.innerHTML = html;
    const line = need<HTMLElement>(made.content, ".line");
    // Somebody chose what stood there before: then the conflict is told, and nothing overwritten.
    const [was, is] = [need<HTMLInputElement>(old, "[name=chosen]"), need<HTMLInputElement>(line, "[name=chosen]")];
    if (was.checked) [is.checked, is.value] = [true, was.value];
    const focused = old.contains(document.activeElement) ? (document.activeElement === was ? "[name=chosen]" : "h2 a") : "";
    line.classList.add("news", ...(old.classList.contains("here") ? ["here"] : []));
    old.replaceWith(line);
    if (focused) need<HTMLElement>(line, focused).focus({ preventScroll: true });
  }

  #there(names: Record<string, string>): void {
    for (const line of this.#lines) {
      const html = names[line.dataset["number"] ?? ""];
      if (html !== undefined) need(line, "[data-there]").innerHTML = html;
    }
  }

  #tell(words = ""): void {
    const news = need<HTMLElement>(this, "[data-news]");
    news.hidden = false;
    need(news, "a").textContent = words;
  }
}

customElements.define("staff-queue", StaffQueue);
