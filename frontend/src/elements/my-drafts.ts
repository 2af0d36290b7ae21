import { allDrafts, deleteDraft, photosOf } from "../store/drafts.ts";
import type { Draft } from "../store/types.ts";
import { ago, fill } from "../words.ts";

/** The reports on this phone that are not sent. Shows nothing where there are none. */
export class MyDrafts extends HTMLElement {
  async connectedCallback(): Promise<void> {
    const drafts = await allDrafts().catch(() => []);
    const list = this.querySelector("ul");
    if (!list || drafts.length === 0) return;
    list.append(...(await Promise.all(drafts.map((draft) => this.card(draft)))));
    this.hidden = false;
  }

  private async card(draft: Draft): Promise<HTMLElement> {
    const card = document.createElement("li");
    card.className = "card row-card request-card draft-card";
    const picture = await thumbnail(draft);
    if (picture) card.append(picture);
    else card.classList.add("no-photo");
    const words = document.createElement("div");
    words.append(this.heading(draft), this.begun(draft), this.discard(draft, card));
    card.append(words);
    return card;
  }

  private heading(draft: Draft): HTMLElement {
    const title = document.createElement("h3");
    const link = document.createElement("a");
    link.href = `/report?draft=${encodeURIComponent(draft.client_request_id)}`;
    link.textContent = draft.title || (this.dataset.nothing ?? "");
    title.append(link);
    return title;
  }

  private begun(draft: Draft): HTMLElement {
    const begun = document.createElement("p");
    begun.className = "small soft";
    begun.textContent = fill(this.dataset.words ?? "", { ago: ago(draft.saved, Date.now(), document.documentElement.lang) });
    return begun;
  }

  private discard(draft: Draft, card: HTMLElement): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = this.dataset.discard ?? "";
    button.addEventListener("click", async () => {
      if (!window.confirm(this.dataset.sure ?? "")) return;
      await deleteDraft(draft.client_request_id);
      card.remove();
      this.hidden = !this.querySelector("li");
    });
    return button;
  }
}

async function thumbnail(draft: Draft): Promise<HTMLImageElement | undefined> {
  const [first] = await photosOf(draft);
  if (!first) return undefined;
  const picture = document.createElement("img");
  picture.className = "photo";
  picture.alt = "";
  picture.src = URL.createObjectURL(new Blob([first.bytes], { type: first.type }));
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
  return picture;
}
