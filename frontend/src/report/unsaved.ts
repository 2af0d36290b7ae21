/** Photos that are only in this page's memory: the person is warned before leaving, and saving is tried again. */
import type { Photo } from "../store/types.ts";
import { saved } from "./keeping.ts";

export class Unsaved {
  #photos = new Map<string, Photo>();

  get any(): boolean {
    return this.#photos.size > 0;
  }

  add(photo: Photo): void {
    this.#photos.set(photo.id, photo);
    addEventListener("beforeunload", warn);
  }

  delete(id: string): void {
    this.#photos.delete(id);
    if (!this.any) removeEventListener("beforeunload", warn);
  }

  /** Whether everything is on disk now. */
  async save(): Promise<boolean> {
    for (const photo of [...this.#photos.values()]) if (!(await saved(photo))) this.delete(photo.id);
    return !this.any;
  }
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
