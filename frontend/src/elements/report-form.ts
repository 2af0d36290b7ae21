/** The report: one step at a time without a round trip, a draft that outlives the page, and one sending at the end. */
import { getJson } from "../http.ts";
import { count } from "../report/counter.ts";
import { DraftKeeper } from "../report/draft-keeper.ts";
import { composeDraft, startingDraft } from "../report/draft.ts";
import { Ending } from "../report/ending.ts";
import type { PhotoFacts } from "../report/exif.ts";
import { need, put, valueOf, writeFields } from "../report/fields.ts";
import { fillReview, followRules } from "../report/review.ts";
import { readied } from "../report/shared.ts";
import { clearProblems, mending, showProblems } from "../report/show-problems.ts";
import { StepView } from "../report/step-view.ts";
import { after, between, isBefore, isStep, type Step, stepOf } from "../report/steps.ts";
import { uuid7 } from "../report/uuid7.ts";
import { photosOf } from "../store/drafts.ts";
import type { Draft, Problem } from "../store/types.ts";
import { say } from "../words.ts";
import type { KindPicker } from "./kind-picker.ts";
import type { KnownNearby } from "./known-nearby.ts";
import type { PhotoPicker } from "./photo-picker.ts";
import type { PlacePicker } from "./place-picker.ts";

export class ReportForm extends HTMLElement {
  form!: HTMLFormElement;
  photos!: PhotoPicker;
  place!: PlacePicker;
  kind!: KindPicker;
  known!: KnownNearby;
  /** What the city said of this report when it was sent before. */
  problems: Problem[] = [];
  #keeper!: DraftKeeper;
  #steps!: StepView;
  #ending!: Ending;

  connectedCallback(): void {
    document.documentElement.classList.add("js");
    this.form = need(this, "form");
    this.photos = need(this, "photo-picker");
    this.place = need(this, "place-picker");
    this.kind = need(this, "kind-picker");
    this.known = need(this, "known-nearby");
    this.#keeper = new DraftKeeper(() => composeDraft(this, this.#steps.current), () => this.#say(say("store_failed")));
    this.#steps = new StepView(this, (step) => this.#shown(step));
    this.photos.beforePicking = () => this.#keeper.flush();
    this.#ending = new Ending(this, this.#keeper, (problems) => this.#mend(problems));
    this.known.joined = (waits) => this.#ending.joined(waits);
    this.known.keep = () => this.#kept().then(() => this.reportId);
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    for (const name of ["input", "change", "changed", "kind-chosen"]) {
      this.addEventListener(name, (event) => {
        mending(this, event.target);
        count(event.target);
        this.#keeper.schedule();
      });
    }
    this.addEventListener("photo-facts", (event) => {
      this.#photoSays((event as CustomEvent<PhotoFacts>).detail);
      // A photo without its draft is found by nobody, should the page be killed now.
      void this.#keeper.flush();
    });
    this.addEventListener("kind-chosen", () => followRules(this, this.kind.chosen));
    document.querySelector("[data-language]")?.addEventListener("submit", () => void this.#keeper.flush());
    void this.#start();
  }

  get reportId(): string {
    return valueOf(this.form, "client_request_id");
  }

  async #start(): Promise<void> {
    void this.#loadKinds();
    const found = await startingDraft(this, (draft) => this.#resume(draft));
    if (typeof found === "string") return this.#ending.showSaved(found);
    if (found) return this.#resume(found);
    this.#name(uuid7());
    this.#steps.replace(isStep(this.dataset["start"]) ? this.dataset["start"] : "photo");
  }

  /** The report's own number, made on the phone: wherever the page came from, no two reports share one. */
  #name(id: string): void {
    put(this.form, { client_request_id: id });
    this.photos.draft = id;
    const back = document.querySelector<HTMLInputElement>("[data-language] [name=back]");
    if (back) back.value = `/report?draft=${id}`;
  }

  async #resume(draft: Draft): Promise<void> {
    const { photos, facts } = await readied(await photosOf(draft).catch(() => []), this.photos.getAttribute("worker") ?? "");
    this.#name(draft.client_request_id);
    this.place.addressTyped = draft.addressTyped;
    writeFields(this.form, draft.fields);
    this.photos.restore(photos);
    for (const fact of facts) this.#photoSays(fact);
    const code = draft.fields.find(([name]) => name === "service_code")?.[1];
    if (code) {
      await this.#loadKinds();
      this.kind.choose(code);
      writeFields(this.form, draft.fields);
      this.kind.dispatchEvent(new Event("change", { bubbles: true }));
    }
    for (const number of draft.seen ?? []) this.known.seen.add(number);
    this.#steps.replace(isStep(draft.step) ? draft.step : "photo");
    if (draft.problems?.length) this.#mend(draft.problems);
  }

  async #loadKinds(): Promise<void> {
    await this.kind.load(this.getAttribute("catalogue") ?? "").catch(() => undefined);
  }

  #photoSays({ lat, long, accuracy, taken }: PhotoFacts): void {
    if (taken && !valueOf(this.form, "observed_datetime")) put(this.form, { observed_datetime: taken });
    if (lat !== undefined && long !== undefined) this.place.take({ lat, long, accuracy: accuracy ?? null, source: "photo" }, false);
  }

  #submitted(event: SubmitEvent): void {
    const button = event.submitter as HTMLButtonElement | null;
    event.preventDefault();
    if (button?.name !== "step") return;
    if (button.value === "send") return void this.#send();
    void this.#go(isStep(button.value) ? button.value : after(this.#steps.current), button);
  }

  async #go(wanted: Step, button: HTMLButtonElement | null): Promise<void> {
    const at = this.#steps.current;
    clearProblems(this);
    if (!isBefore(wanted, at) && this.#heldUp(between(at, wanted))) return;
    if (at === "known" && wanted === "words") this.known.decline();
    if (wanted === "known") {
      button?.setAttribute("aria-busy", "true");
      const any = await this.known.load(this.place.point, valueOf(this.form, "service_code"));
      button?.removeAttribute("aria-busy");
      if (!any) wanted = isBefore(at, "known") ? "words" : "kind";
    }
    this.#steps.show(wanted);
  }

  /** Whether one of these steps is not in order: then it is shown, with what is wrong. */
  #heldUp(steps: readonly Step[]): boolean {
    for (const step of steps) {
      const problems = step === "place" ? this.place.problems() : step === "kind" ? this.kind.problems() : [];
      const note = step === "place" ? this.place.outside : step === "kind" ? this.kind.stop : null;
      if (!problems.length && !note) continue;
      this.#steps.show(step);
      if (problems.length) showProblems(this, problems);
      else note?.scrollIntoView({ block: "center" });
      return true;
    }
    return false;
  }

  #shown(step: Step): void {
    void this.#keeper.flush();
    if (step === "place") this.place.open();
    if (step === "kind") void this.#showAround();
    if (step === "words") fillReview(this);
  }

  async #showAround(): Promise<void> {
    await this.#loadKinds();
    const at = this.place.point;
    if (!at || this.kind.chosen) return;
    const query = new URLSearchParams({ lat: String(at.lat), long: String(at.long) });
    this.kind.showAround(await getJson<string[]>(`/report/around?${query}`).catch(() => []));
  }

  async #send(): Promise<void> {
    clearProblems(this);
    this.problems = [];
    if (this.#heldUp(["place", "kind"])) return;
    await this.#kept();
    const draft = composeDraft(this, this.#steps.current);
    if (draft) await this.#ending.send(draft);
  }

  /** Resolves when photos and words are on disk, or cannot be. */
  async #kept(): Promise<void> {
    await this.photos.keep();
    await this.#keeper.flush();
  }

  #mend(told: readonly Problem[]): void {
    const problems = told.map(({ field, message }) => (field.startsWith("photos[") ? { field: "media", message: message || say("photo_gone") } : { field, message }));
    this.problems = problems;
    const first = problems[0];
    const step = first ? stepOf(first.field) : "words";
    this.#steps.show(isStep(step) ? step : "words");
    if (problems.length) showProblems(this, problems);
  }

  #say(words: string): void {
    need(this, "[data-said]").textContent = words;
  }
}

customElements.define("report-form", ReportForm);
