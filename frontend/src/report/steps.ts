/** The steps in their order. */
export const STEPS = ["photo", "place", "kind", "known", "words"] as const;

export type Step = (typeof STEPS)[number];

export function isStep(value: string | null | undefined): value is Step {
  return (STEPS as readonly string[]).includes(value ?? "");
}

export function isBefore(a: Step, b: Step): boolean {
  return STEPS.indexOf(a) < STEPS.indexOf(b);
}

export function after(step: Step): Step {
  return STEPS[Math.min(STEPS.indexOf(step) + 1, STEPS.length - 1)]!;
}

/** The steps that must be in order before `wanted` may be shown: from the present one up to it. */
export function between(at: Step, wanted: Step): Step[] {
  return STEPS.slice(STEPS.indexOf(at), Math.max(STEPS.indexOf(wanted), STEPS.indexOf(at)));
}

/** The step that shows a field, as the server sorts them too. */
export function stepOf(field: string): string {
  if (["location", "address_string", "zipcode", "address_id"].includes(field)) return "place";
  if (field === "service_code" || field.startsWith("attribute[")) return "kind";
  return field.startsWith("media") || field.startsWith("photos[") ? "photo" : "words";
}
