import { getFragment } from "../http.ts";

/** Replaces the city-wide list by what is new around the person, once they press the button and allow it. */
export class NearMe extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector<HTMLButtonElement>("[data-ask]");
    if (!button || !navigator.geolocation) return;
    button.hidden = false;
    button.addEventListener("click", () => void this.look(button));
  }

  private async look(button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    this.say("asking");
    try {
      const { coords } = await position();
      this.show(await getFragment(`/nearby?lat=${coords.latitude.toFixed(4)}&long=${coords.longitude.toFixed(4)}`));
      button.hidden = true;
      this.say("");
    } catch (error) {
      button.disabled = false;
      this.say(error instanceof GeolocationPositionError && error.code === error.PERMISSION_DENIED ? "denied" : "failed");
    }
  }

  private show(fragment: string): void {
    const list = this.querySelector("[data-list]");
    const title = this.querySelector<HTMLElement>("[data-title]");
    if (list) list.innerHTML = fragment;
    if (title) title.textContent = title.dataset.near ?? title.textContent;
  }

  private say(word: string): void {
    const said = this.querySelector<HTMLElement>("[data-said]");
    if (!said) return;
    said.textContent = word ? (said.dataset[word] ?? "") : "";
    said.hidden = !word;
  }
}

function position(): Promise<GeolocationPosition> {
  return new Promise((found, failed) =>
    navigator.geolocation.getCurrentPosition(found, failed, { maximumAge: 60_000, timeout: 10_000 }),
  );
}
