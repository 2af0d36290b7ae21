/** The areas on this phone: what they take, how old they are; each can be refreshed and removed. */
import { sizeSaid } from "../area/room.ts";
import { keptAreas, keptRequests } from "../area/store.ts";
import { removeArea } from "../area/take.ts";
import type { KeptArea } from "../area/types.ts";
import { sayNumber } from "../numbers.ts";
import { need } from "../report/fields.ts";
import { clock, say } from "../words.ts";

/** Bubbles with the area that a person wants fetched again. */
export const REFRESH = "area-refresh";

export class KeptAreas extends HTMLElement {
  connectedCallback(): void {
    void this.draw();
  }

  /** Shows what is on the phone now, and says what has just become of it. */
  async tell(words: string): Promise<void> {
    const said = need<HTMLElement>(this, "[data-said]");
    said.textContent = words;
    said.hidden = false;
    await this.draw();
    need<HTMLElement>(this, "h2").focus();
    this.scrollIntoView({ block: "start" });
  }

  async draw(): Promise<void> {
    const areas = await keptAreas().catch(() => []);
    const cards = await Promise.all(areas.map((area) => this.#card(area)));
    need(this, "ul").replaceChildren(...cards);
    this.hidden = !areas.length && !need(this, "[data-said]").textContent;
  }

  async #card(area: KeptArea): Promise<HTMLElement> {
    const card = document.createElement("li");
    card.className = "card";
    const requests = await keptRequests(area.id).catch(() => undefined);
    const facts = say("facts", { when: said(area.kept), plain: sizeSaid(area.bytes), places: sayNumber(area.places) });
    const asOf = requests ? say("as_of", { when: said(requests.asOf) }) : "";
    const actions = document.createElement("p");
    actions.className = "actions";
    const refresh = button(say("refresh"), say("refresh_named", { name: area.name }));
    refresh.addEventListener("click", () => this.dispatchEvent(new CustomEvent(REFRESH, { bubbles: true, detail: area })));
    const remove = button(say("remove"), say("remove_named", { name: area.name }));
    remove.classList.add("quiet");
    remove.addEventListener("click", () => void this.#remove(area));
    actions.append(refresh, remove);
    card.append(text("h3", area.name), text("p", facts, "small"), text("p", asOf, "small soft"), actions);
    return card;
  }

  async #remove(area: KeptArea): Promise<void> {
    if (!window.confirm(say("sure", { name: area.name }))) return;
    await removeArea(area.id);
    await this.tell(say("removed", { name: area.name, freed: sizeSaid(area.bytes) }));
  }
}

function said(at: number): string {
  return clock(at, Date.now(), document.documentElement.lang);
}

function button(words: string, label: string): HTMLButtonElement {
  const made = text("button", words, "button small");
  made.type = "button";
  made.setAttribute("aria-label", label);
  return made;
}

function text<T extends keyof HTMLElementTagNameMap>(tag: T, words: string, classes = ""): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = words;
  return made;
}
