import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { GROUP_COLOURS, paletteOf } from "../../frontend/src/map/palette.ts";

const css = await readFile(new URL("../../frontend/src/css/map-page.css", import.meta.url), "utf8");

/** What each of these is given, first in the light and then in the dark. */
function colours(rule: RegExp): string[] {
  return [...css.matchAll(rule)].map(([, colour]) => colour ?? "");
}

test("the legend and the filter show the colours that the map draws", () => {
  GROUP_COLOURS.forEach((colour, at) => assert.deepEqual(colours(new RegExp(`\\.g${at} { background: (#\\w+); }`, "g")), [colour]));
  const [light, dark] = [paletteOf(false), paletteOf(true)];
  light.classes.forEach((colour, at) => assert.deepEqual(colours(new RegExp(`\\.c${at} { background: (#\\w+); }`, "g")), [colour, dark.classes[at]]));
  for (const name of ["late", "closed", "duplicate"] as const) assert.deepEqual(colours(new RegExp(`--${name}: (#\\w+);`, "g")), [light[name], dark[name]]);
  assert.deepEqual(colours(/--open: (#\w+);/g), [light.open]);
  assert.equal(light.open, dark.open);
});
