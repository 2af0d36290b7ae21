/** Photos of a report: taken or chosen, made smaller, kept on the phone, and shown once they are, in their order. */
import type { PhotoFacts } from "../report/exif.ts";
import { need } from "../report/fields.ts";
import { type Kept, keepPhoto } from "../report/keeping.ts";
import { makeReadyAside, warm } from "../report/shrinking.ts";
import { Unsaved } from "../report/unsaved.ts";
import { uuid7 } from "../report/uuid7.ts";
import { deletePhoto } from "../store/drafts.ts";
import { askToStay } from "../store/space.ts";
import type { Photo } from "../store/types.ts";
import { say } from "../words.ts";

export class PhotoPicker extends HTMLElement {
  photos: Photo[] = [];
  /** Set by the form: saves the draft, before the camera may kill the page. */
  beforePicking: () => Promise<void> = () => Promise.resolve();
  draft = "";
  #unsaved = new Unsaved();
  #turn: Promise<void> = Promise.resolve();
  #list!: HTMLUListElement;
  #status!: HTMLElement;

  connectedCallback(): void {
    this.#list = need(this, "[data-thumbs]");
    this.#status = need(this, "[data-photo-status]");
    for (const input of this.querySelectorAll<HTMLInputElement>("[data-camera], [data-library]")) this.#wire(input);
    for (const item of this.querySelectorAll<HTMLLIElement>("[data-token]")) this.#wireRemove(item, () => undefined);
    this.#limit();
  }

  get count(): number {
    return this.#list.children.length;
  }

  /** Tries again to save what did not fit. False while a photo is only in this page's memory. */
  async keep(): Promise<boolean> {
    await this.#turn;
    return this.#unsaved.save();
  }

  get #worker(): string {
    return this.getAttribute("worker") ?? "";
  }

  get #most(): number {
    return Number(this.getAttribute("most"));
  }

  /** Shows photos that the phone kept from before. */
  restore(photos: readonly Photo[]): void {
    for (const photo of photos) this.#show(photo, this.#item());
    this.photos.push(...photos);
    this.#limit();
  }

  #wire(input: HTMLInputElement): void {
    let saved = false;
    input.addEventListener("click", (event) => {
      if (saved) return;
      warm(this.#worker);
      event.preventDefault();
      const open = (): void => {
        saved = true;
        input.click();
        saved = false;
      };
      // Chromium drops a click that is made while the first is still under way: it waits for its own turn.
      void Promise.race([this.beforePicking(), new Promise((done) => setTimeout(done, 600))]).then(() => setTimeout(open));
    });
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      // One after the other: they stay in the order in which they were chosen.
      this.#turn = this.#turn.then(() => this.#take(files));
    });
  }

  async #take(files: readonly File[]): Promise<void> {
    this.#status.textContent = say("photo_reading");
    let said = "";
    for (const file of files) {
      if (this.count >= this.#most) {
        said = say("photo_most", { most: this.#most });
        break;
      }
      said = (await this.#takeOne(file)) || said;
    }
    this.#status.textContent = said;
    this.#limit();
    this.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
    void askToStay();
  }

  /** What the person should know of it; nothing when all is well. */
  async #takeOne(file: File): Promise<string> {
    const item = this.#item();
    item.classList.add("busy");
    try {
      const kept = await keepPhoto({ id: uuid7(), draft: this.draft }, (rung) => makeReadyAside(this.#worker, { file, rung }));
      this.photos.push(kept.photo);
      if (kept.where !== "disk") this.#unsaved.add(kept.photo);
      this.#show(kept.photo, item);
      this.dispatchEvent(new CustomEvent<PhotoFacts>("photo-facts", { bubbles: true, detail: kept.facts }));
      return saying(kept);
    } catch {
      item.remove();
      return say("photo_unreadable");
    }
  }

  #item(): HTMLLIElement {
    const template = need<HTMLTemplateElement>(this, "template[data-thumb]");
    const item = need<HTMLLIElement>(template.content.cloneNode(true) as DocumentFragment, "li");
    this.#list.append(item);
    return item;
  }

  #show(photo: Photo, item: HTMLLIElement): void {
    item.classList.remove("busy");
    const image = need<HTMLImageElement>(item, "img");
    image.src = URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }));
    image.alt = say("photo_named", { number: this.count });
    this.#wireRemove(item, () => {
      URL.revokeObjectURL(image.src);
      this.photos = this.photos.filter((one) => one.id !== photo.id);
      this.#unsaved.delete(photo.id);
      void deletePhoto(photo.id).then(() => this.#unsaved.save(), () => undefined);
    });
  }

  #wireRemove(item: HTMLLIElement, gone: () => void): void {
    need(item, "[data-remove]").addEventListener("click", (event) => {
      event.preventDefault();
      gone();
      item.remove();
      this.#limit();
      this.querySelector<HTMLElement>("[data-library]")?.focus();
      this.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
    });
  }

  #limit(): void {
    need<HTMLElement>(this, "[data-pick]").classList.toggle("full", this.count >= this.#most);
    for (const input of this.querySelectorAll<HTMLInputElement>("[data-pick] input")) input.disabled = this.count >= this.#most;
  }
}

function saying(kept: Kept): string {
  if (kept.where === "full") return say("photo_full");
  if (kept.where === "failed") return say("photo_unsaved");
  return kept.smaller ? say("photo_smaller") : "";
}

customElements.define("photo-picker", PhotoPicker);
