/** One step on the screen: shown, named in the progress line, in the browser's history, and focused. */
import { isStep, type Step, STEPS } from "./steps.ts";

export class StepView {
  current: Step = "photo";

  constructor(
    readonly page: HTMLElement,
    readonly shown: (step: Step) => void,
  ) {
    window.addEventListener("popstate", (event) => {
      const step: unknown = (event.state as { step?: unknown } | null)?.step;
      this.#turn(typeof step === "string" && isStep(step) ? step : "photo", true);
    });
  }

  /** The first step of this visit: no history entry, no jump of the focus. */
  replace(step: Step): void {
    history.replaceState({ step }, "", `#${step}`);
    this.#turn(step, false);
  }

  show(step: Step): void {
    if (step !== this.current) history.pushState({ step }, "", `#${step}`);
    this.#turn(step, step !== this.current);
  }

  #turn(step: Step, focus: boolean): void {
    this.current = step;
    for (const section of this.page.querySelectorAll<HTMLElement>("[data-step]")) section.hidden = section.dataset["step"] !== step;
    for (const line of this.page.querySelectorAll<HTMLElement>("[data-progress]")) line.hidden = line.dataset["progress"] !== step;
    STEPS.forEach((one, number) => {
      this.page.querySelector(`[data-bar="${one}"]`)?.classList.toggle("done", number <= STEPS.indexOf(step));
    });
    const sending = this.page.querySelector<HTMLElement>("[data-sending]");
    if (sending && focus) sending.hidden = true;
    const at = this.page.querySelector<HTMLInputElement>("[name=at]");
    if (at) at.value = step;
    if (focus) {
      scrollTo(0, 0);
      this.page.querySelector<HTMLElement>(`#step-${step}`)?.focus({ preventScroll: true });
    }
    this.shown(step);
  }
}
