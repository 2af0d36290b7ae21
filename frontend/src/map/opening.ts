/** The map's first pictures: as few as there is news, and who waits for the whole one hears of it at once. */
import type { Map } from "maplibre-gl";

/** Each picture places all names anew, and takes a phone as long as some tiles do: so long one waits for more of them. */
const PAUSE_MS = 800;
/** Who touches the map sees it follow. */
const TOUCHED = ["pointerdown", "wheel", "keydown"];

/** Until it is `whole` the map is drawn once in a while. Calls `done` once, with its first whole picture. */
export function opens(map: Map, whole: () => boolean, done: () => void): void {
  const repaint = map.triggerRepaint.bind(map);
  const container = map.getContainer();
  let [last, timer] = [0, 0];
  const follow = (): void => {
    clearTimeout(timer);
    map.triggerRepaint = repaint;
    for (const kind of TOUCHED) container.removeEventListener(kind, follow);
    repaint();
  };
  const drawn = (): void => {
    last = performance.now();
    if (!whole()) return;
    map.off("render", drawn);
    follow();
    done();
  };
  map.triggerRepaint = () => {
    const wait = last + PAUSE_MS - performance.now();
    if (wait <= 0 || whole()) repaint();
    else timer ||= window.setTimeout(() => {
      timer = 0;
      repaint();
    }, wait);
  };
  for (const kind of TOUCHED) container.addEventListener(kind, follow, { passive: true });
  map.on("render", drawn);
}
