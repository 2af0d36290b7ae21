/** Gets the map's code and style when a map is first opened, and never before. */
import type { MapModule } from "./types.ts";

export async function loadMap(script: string, styles: string): Promise<MapModule> {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = styles;
  const styled = new Promise((done, failed) => {
    sheet.addEventListener("load", done);
    sheet.addEventListener("error", failed);
  });
  document.head.append(sheet);
  const [code] = await Promise.all([import(script) as Promise<MapModule>, styled]);
  return code;
}
