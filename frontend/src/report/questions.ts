/** The questions of a kind, as the server wrote them: shown when their condition holds, stopped by some answers. */
import { say } from "../words.ts";
import type { Problem } from "../store/types.ts";

/** The values given to a field within `root`, in their order. */
function given(root: ParentNode, name: string): string[] {
  const inputs = root.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`);
  return [...inputs].flatMap((input) => {
    const picked = input.type === "radio" || input.type === "checkbox" ? input.checked : input.value.trim() !== "";
    return picked ? [input.value] : [];
  });
}

/** Shows the questions whose condition holds; what is not asked is not sent. */
export function applyConditions(root: ParentNode): void {
  for (const question of root.querySelectorAll<HTMLElement>("[data-show-if]")) {
    const wanted = JSON.parse(question.dataset["showValues"] ?? "[]") as string[];
    const shown = given(root, question.dataset["showIf"] ?? "").some((value) => wanted.includes(value));
    question.hidden = !shown;
    for (const input of question.querySelectorAll<HTMLInputElement>("input, textarea, select")) input.disabled = !shown;
  }
  for (const stop of root.querySelectorAll<HTMLElement>("[data-stop]")) {
    stop.hidden = !given(root, stop.dataset["stopOf"] ?? "").includes(stop.dataset["stop"] ?? "");
  }
}

/** An answer that ends the report, if there is one: the note that says what to do instead. */
export function stopIn(root: ParentNode): HTMLElement | null {
  return root.querySelector<HTMLElement>("[data-stop]:not([hidden])");
}

/** What is still to be answered. */
export function missingAnswers(root: ParentNode): Problem[] {
  const required = [...root.querySelectorAll<HTMLElement>("[data-required]")].filter((question) => !question.hidden);
  return required.flatMap((question) => {
    const field = question.querySelector<HTMLElement>("[data-field]")?.dataset["field"] ?? "";
    return given(root, field).length === 0 ? [{ field, message: say("answer_none") }] : [];
  });
}
