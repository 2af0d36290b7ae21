/** Problems at their fields and in the summary, as the server writes them into the page. */
import type { Problem } from "../store/types.ts";

function idOf(field: string): string {
  return `f-${field.replace("[", "-").replace("]", "")}`;
}

export function clearProblems(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLElement>("[data-field].wrong")) clearProblem(field);
  const summary = root.querySelector<HTMLElement>("[data-summary]");
  if (summary) summary.hidden = true;
}

export function clearProblem(field: HTMLElement): void {
  field.classList.remove("wrong");
  for (const said of field.querySelectorAll(".problem")) said.remove();
  for (const input of field.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** The person is mending a field: what was wrong with it goes, and with the last one the summary. */
export function mending(root: ParentNode, target: EventTarget | null): void {
  const field = target instanceof Element ? target.closest<HTMLElement>("[data-field].wrong") : null;
  if (field) clearProblem(field);
  const summary = root.querySelector<HTMLElement>("[data-summary]");
  if (field && summary && !root.querySelector("[data-field].wrong")) summary.hidden = true;
}

/** Shows each problem at its field, and all of them in the summary, which takes the focus. */
export function showProblems(root: HTMLElement, problems: readonly Problem[]): void {
  clearProblems(root);
  for (const problem of problems) markField(root, problem);
  const summary = root.querySelector<HTMLElement>("[data-summary]");
  const list = summary?.querySelector("ul");
  if (!summary || !list) return;
  list.replaceChildren(...problems.map((problem) => line(root, problem)));
  summary.hidden = problems.length === 0;
  summary.focus();
}

export function markField(root: HTMLElement, problem: Problem): void {
  const field = root.querySelector<HTMLElement>(`[data-field="${CSS.escape(problem.field)}"]`);
  if (!field) return;
  field.classList.add("wrong");
  const said = document.createElement("span");
  said.className = "problem";
  said.id = `${idOf(problem.field)}-problem`;
  said.textContent = problem.message;
  const input = field.querySelector<HTMLElement>(".input") ?? field;
  input.setAttribute("aria-invalid", "true");
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== said.id);
  input.setAttribute("aria-describedby", [...described, said.id].join(" "));
  const before = field.querySelector(":scope > .input, :scope > .choices, :scope > .with-button");
  if (before) before.before(said);
  else field.prepend(said);
}

function line(root: HTMLElement, problem: Problem): HTMLLIElement {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `#${idOf(problem.field)}`;
  link.textContent = problem.message;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const target = root.querySelector<HTMLElement>(`#${CSS.escape(idOf(problem.field))}`);
    target?.focus();
    target?.scrollIntoView({ block: "center" });
  });
  item.append(link);
  return item;
}
