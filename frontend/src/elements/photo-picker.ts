/** Photos of a report: taken or chosen, shrunk, kept on the phone at once, shown in their order. */
import { type PhotoFacts, readPhotoFacts } from "../report/exif.ts";
import { need } from "../report/fields.ts";
import { shrink } from "../report/shrink.ts";
import { uuid7 } from "../report/uuid7.ts";
import { deletePhoto, savePhoto } from "../store/drafts.ts";
import type { Photo } from "../store/types.ts";
import { say } from "../words.ts";

export class PhotoPicker extends HTMLElement {
  photos: Photo[] = [];
  /** Set by the form: saves the draft, before the camera may kill the page. */
  beforePicking: () => Promise<void> = () => Promise.resolve();
  draft = "";
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
      void this.#take(files);
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
      said = (await this.#takeOne(file)) ? said : say("photo_unreadable");
    }
    this.#status.textContent = said;
    this.#limit();
    this.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
  }

  async #takeOne(file: File): Promise<boolean> {
    const item = this.#item();
    item.classList.add("busy");
    try {
      const bytes = await file.arrayBuffer();
      if (bytes.byteLength === 0) throw new Error("empty");
      const facts = readPhotoFacts(new Uint8Array(bytes));
      const photo: Photo = { id: uuid7(), draft: this.draft, ...(await shrink(file, bytes)) };
      this.photos.push(photo);
      await savePhoto(photo).catch(() => undefined);
      this.#show(photo, item);
      this.dispatchEvent(new CustomEvent<PhotoFacts>("photo-facts", { bubbles: true, detail: facts }));
      return true;
    } catch {
      item.remove();
      return false;
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
      void deletePhoto(photo.id).catch(() => undefined);
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

customElements.define("photo-picker", PhotoPicker);
