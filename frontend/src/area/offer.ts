/** An area as it is offered before it is fetched: what it holds, what it weighs, and whether the phone has room. */
import { sayNumber } from "../numbers.ts";
import { say } from "../words.ts";
import type { Weight } from "./files.ts";
import { fits, freeRoom, sizeSaid } from "./room.ts";
import type { Along } from "./take.ts";

/** What the person sees; `button` is absent where the phone has no room. */
export async function drawOffer(box: HTMLElement, along: Along, files: Weight): Promise<HTMLButtonElement | null> {
  const [bytes, plain] = [along.bytes + files.bytes, along.plain + files.plain];
  const title = document.createElement("h3");
  title.textContent = along.name;
  const facts = { tiles: along.tiles.count, places: along.places.count, requests: along.requests.count, km2: along.km2 };
  const said = Object.fromEntries(Object.entries(facts).map(([name, count]) => [name, sayNumber(count)]));
  box.replaceChildren(title, line(say("size", { size: sizeSaid(bytes), plain: sizeSaid(plain) }), "big"), line(say("holds", said), "small soft"));
  if (files.plain) box.append(line(say("files", { plain: sizeSaid(files.plain) }), "small soft"));
  box.hidden = false;
  const free = await freeRoom();
  if (!fits(plain, free)) {
    box.append(line(say("no_room", { free: sizeSaid(free ?? 0), plain: sizeSaid(plain) }), "note bad"));
    return null;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button primary wide";
  button.textContent = say("take", { size: sizeSaid(bytes) });
  box.append(button);
  return button;
}

function line(words: string, classes: string): HTMLElement {
  const made = document.createElement("p");
  made.className = classes;
  made.textContent = words;
  return made;
}
