// What the page "Take my area along" does.
import { refreshAreas } from "./area/refresh.ts";
import type { KeptArea } from "./area/types.ts";
import { KeptAreas, REFRESH } from "./elements/kept-areas.ts";
import { TakeArea, TAKEN } from "./elements/take-area.ts";

customElements.define("kept-areas", KeptAreas);
customElements.define("take-area", TakeArea);

const kept = document.querySelector<KeptAreas>("kept-areas");
const taker = document.querySelector<TakeArea>("take-area");
document.addEventListener(TAKEN, (event) => void kept?.tell((event as CustomEvent<string>).detail));
document.addEventListener(REFRESH, (event) => {
  taker?.refresh((event as CustomEvent<KeptArea>).detail);
  taker?.scrollIntoView({ block: "nearest" });
});
void refreshAreas().then(() => kept?.draw());
