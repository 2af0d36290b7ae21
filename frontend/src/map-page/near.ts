/** "Near me": the phone is asked where it is, and the filter becomes a circle around that. */
import { locate } from "../report/locating.ts";
import type { Point } from "../report/geo.ts";
import { say } from "../words.ts";
import { METRES, readNear, writeNear } from "./state.ts";
import { change, current } from "./store.ts";

export function circleHere(button: HTMLElement, found: (at: Point) => void): void {
  const said = document.querySelector<HTMLElement>("[data-near-said]");
  const tell = (words: string): void => {
    if (!said) return;
    said.textContent = words;
    said.hidden = !words;
  };
  button.setAttribute("aria-busy", "true");
  tell(say("locating"));
  const stop = locate(
    ({ lat, long }) => {
      stop();
      button.removeAttribute("aria-busy");
      tell("");
      const metres = readNear(current().filter.near)?.metres ?? METRES;
      change({ filter: { ...current().filter, near: writeNear({ lat, long, metres }) } });
      found({ lat, long });
    },
    (denied) => {
      button.removeAttribute("aria-busy");
      tell(say(denied ? "denied" : "no_position"));
    },
  );
}
