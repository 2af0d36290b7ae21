/**
 * Rectangles over a photo, drawn with a finger or a mouse, or added and moved with the keyboard. What counts is the row of numbers
 * (percent of the photo) that each fills in: without JavaScript the rows are typed.
 */
import { fill } from "../words.ts";
import { fitted, moved, sized, type Box } from "../desk/boxes.ts";

const SIDES = ["left", "top", "width", "height"] as const;
const LEAST = 1;
const NEW: Box = { left: 40, top: 40, width: 20, height: 20 };
const STEPS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class PhotoCover extends HTMLElement {
  #stage!: HTMLElement;
  #shown = new Map<HTMLElement, HTMLElement>();

  connectedCallback(): void {
    const stage = this.querySelector<HTMLElement>(".cover-stage");
    if (!stage) return;
    this.#stage = stage;
    for (const part of this.querySelectorAll<HTMLElement>("[data-how-to], [data-add]")) part.hidden = false;
    this.querySelector("[data-add] button")?.addEventListener("click", () => this.#add(NEW).focus());
    stage.addEventListener("pointerdown", (event) => this.#draw(event));
    this.addEventListener("input", (event) => this.#show((event.target as HTMLElement).closest<HTMLElement>("[data-row]")));
    for (const row of this.#rows()) this.#show(row);
  }

  #rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[data-row]")];
  }

  #read(row: HTMLElement): Box | null {
    const [left, top, width, height] = SIDES.map((side) => Number.parseFloat(this.#field(row, side).value.replace(",", ".")));
    const box = { left: left ?? NaN, top: top ?? NaN, width: width ?? NaN, height: height ?? NaN };
    return Object.values(box).every(Number.isFinite) ? box : null;
  }

  #field(row: HTMLElement, side: string): HTMLInputElement {
    return row.querySelector<HTMLInputElement>(`[data-side=${side}]`)!;
  }

  #write(row: HTMLElement, box: Box | null): void {
    for (const side of SIDES) this.#field(row, side).value = box ? String(Math.round(box[side] * 100) / 100) : "";
    this.#show(row);
  }

  /** Lays a rectangle over the photo for a row that has numbers, and takes it away for one that has none. */
  #show(row: HTMLElement | null): void {
    if (!row) return;
    const box = this.#read(row);
    const known = this.#shown.get(row);
    if (!box) {
      known?.remove();
      this.#shown.delete(row);
      return;
    }
    const mark = known ?? this.#mark(row);
    for (const side of SIDES) mark.style[side] = `${box[side]}%`;
    mark.dataset["how"] = this.#field(row, "how").value;
  }

  #mark(row: HTMLElement): HTMLElement {
    const mark = document.createElement("button");
    mark.type = "button";
    mark.className = "cover-box";
    mark.setAttribute("aria-label", fill(this.dataset["words"] ?? "", { number: Number(row.dataset["row"]) + 1 }));
    mark.addEventListener("keydown", (event) => this.#key(event, row));
    this.#shown.set(row, mark);
    this.#stage.append(mark);
    return mark;
  }

  #key(event: KeyboardEvent, row: HTMLElement): void {
    const step = STEPS[event.key];
    const box = this.#read(row);
    if (!box || (!step && event.key !== "Delete" && event.key !== "Backspace")) return;
    event.preventDefault();
    if (!step) {
      this.#write(row, null);
      this.querySelector<HTMLElement>("[data-add] button")?.focus();
    } else this.#write(row, event.shiftKey ? sized(box, step) : moved(box, step));
  }

  #add(box: Box): HTMLElement {
    const rows = this.#rows();
    const row = rows.find((one) => !this.#read(one)) ?? this.#newRow(rows);
    this.#write(row, box);
    return this.#shown.get(row)!;
  }

  /** One more row, a copy of the last with the next number. */
  #newRow(rows: HTMLElement[]): HTMLElement {
    const row = rows.at(-1)!.cloneNode(true) as HTMLElement;
    row.dataset["row"] = String(rows.length);
    const legend = row.querySelector("legend");
    if (legend) legend.textContent = (legend.textContent ?? "").replace(/\d+/, String(rows.length + 1));
    for (const field of row.querySelectorAll<HTMLInputElement>("[name]")) field.name = `${field.dataset["side"]}-${rows.length}`;
    rows.at(-1)!.after(row);
    return row;
  }

  #draw(start: PointerEvent): void {
    if (start.button !== 0 || (start.target as HTMLElement).closest(".cover-box")) return;
    start.preventDefault();
    const at = (event: PointerEvent): [number, number] => {
      const frame = this.#stage.getBoundingClientRect();
      return [((event.clientX - frame.left) / frame.width) * 100, ((event.clientY - frame.top) / frame.height) * 100];
    };
    const ghost = document.createElement("span");
    ghost.className = "cover-ghost";
    this.#stage.append(ghost);
    this.#stage.setPointerCapture(start.pointerId);
    const first = at(start);
    let box = fitted(first, first);
    const move = (event: PointerEvent): void => {
      box = fitted(first, at(event));
      for (const side of SIDES) ghost.style[side] = `${box[side]}%`;
    };
    const end = (event: PointerEvent): void => {
      this.#stage.removeEventListener("pointermove", move);
      ghost.remove();
      if (event.type === "pointerup" && box.width >= LEAST && box.height >= LEAST) this.#add(box).focus();
    };
    this.#stage.addEventListener("pointermove", move);
    this.#stage.addEventListener("pointerup", end, { once: true });
    this.#stage.addEventListener("pointercancel", end, { once: true });
  }
}
