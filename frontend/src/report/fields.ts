/** The form's fields as the draft keeps them, and back. */
import type { Field } from "../store/types.ts";

/** What steers the page, and what the phone makes anew each time. */
const LEFT_OUT = ["step", "at", "do", "photo", "media", "stamp", "place", "website", "asked", "place_found", "kind_found", "kind_choice", "kind_q", "group"];

export function readFields(form: HTMLFormElement): Field[] {
  return [...new FormData(form)].flatMap(([name, value]): Field[] =>
    typeof value === "string" && value !== "" && !LEFT_OUT.includes(name) ? [[name, value]] : [],
  );
}

/** Writes the fields that the form has inputs for; a choice is checked when its value is among the fields. */
export function writeFields(form: HTMLFormElement, fields: readonly Field[]): void {
  const names = new Set(fields.map(([name]) => name));
  for (const input of form.elements) {
    if (!(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement || input instanceof HTMLSelectElement)) continue;
    if (!names.has(input.name)) continue;
    const values = fields.filter(([name]) => name === input.name).map(([, value]) => value);
    if (input instanceof HTMLInputElement && (input.type === "radio" || input.type === "checkbox")) input.checked = values.includes(input.value);
    else input.value = values.at(-1) ?? "";
  }
}

export function valueOf(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value.trim() : "";
}

export function put(form: HTMLFormElement, values: Record<string, string | number | null>): void {
  for (const [name, value] of Object.entries(values)) {
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.value = value === null ? "" : String(value);
  }
}

/** The element of a kind within another; a page without it is broken, and says so at once. */
export function need<T extends Element>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}
