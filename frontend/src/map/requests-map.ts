/** The map of all requests: clusters far out, each report close by, areas below them. */
import { type GeoJSONSource, type MapGeoJSONFeature, Marker, type Point2D, type StyleSpecification, type VectorTileSource } from "maplibre-gl";
import { byDistance } from "./centre.ts";
import { gather } from "./gather.ts";
import { addNames, addressOf, laid, repaint, TAPPED } from "./laying.ts";
import { draw, RATIO } from "./marks.ts";
import { inTurns, afterFrame, nextTask } from "./in-turns.ts";
import { addControls, openMap } from "./open-map.ts";
import { Notices } from "./notices.ts";
import { opens } from "./opening.ts";
import { paletteOf } from "./palette.ts";
import { warmDashes } from "./warming.ts";
import { CLOSE, CLUSTERS, TILES } from "./request-layers.ts";
import type { Box, RequestsMap, RequestsOptions, RequestsShown } from "./types.ts";
import { tilesOf } from "../map-page/tiles-of.ts";
import type { Point } from "../report/geo.ts";

const THUMB = 22;
const PAUSE = 90;
const [NOTICES_WAIT, WITHOUT_NETWORK] = [15_000, 1500];
/** Milliseconds for which marks are painted before the page may do something else. */
const AT_A_TIME = 12;
/** Around what the map goes to; on a phone the tools lie over its top. */
const ROOM = { top: 40, right: 40, bottom: 40, left: 40 };
const [NARROW, UNDER_TOOLS] = [640, 150];

export async function requestsMap(container: HTMLElement, options: RequestsOptions): Promise<RequestsMap> {
  let shown = options.shown;
  /** What the style shows that was laid last. */
  let inStyle = shown;
  let ground!: StyleSpecification;
  let named = false;
  const map = await openMap(container, options, (basemap, isDark) => laid((ground = basemap), (inStyle = shown), options, paletteOf(isDark), named));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const here = new Marker({ element: Object.assign(document.createElement("span"), { className: "chosen-mark" }) });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  let styled = true;
  let drawn = "";
  /** Whether other cells have come since they were last joined, and of which tiles those were. */
  let [stale, gathered] = [true, ""];
  const painting = inTurns(AT_A_TIME);
  const notices = new Notices(map);
  // Without a network the map is never whole.
  setTimeout(() => void notices.fetch(paletteOf(dark.matches)), navigator.onLine ? NOTICES_WAIT : WITHOUT_NETWORK);

  function paint(before: RequestsShown): void {
    repaint(map, before, shown, options, paletteOf(dark.matches));
    // Last: while its layers wait for their new look, the source would read its old tiles again instead.
    if (before.tiles !== shown.tiles) map.getSource<VectorTileSource>(TILES)?.setTiles(addressOf(shown));
    stale = true;
    merge();
  }

  /** Joins cells anew once all tiles of the screen are there, and leaves what is drawn until then. */
  function merge(): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => void join(), drawn ? PAUSE : 0);
  }

  async function join(): Promise<void> {
    if (!map.getSource(TILES) || !map.isSourceLoaded(TILES)) return;
    const seen = tilesOf(boxOf(), map.getZoom(), CLOSE).join();
    if (!stale && seen && seen === gathered) return;
    [stale, gathered] = [false, seen];
    const features = shown.requests && map.getZoom() < CLOSE ? await gather(map, options, drawn ? nextTask : null) : [];
    if (stale) return;
    const now = JSON.stringify(features);
    // A source that is set anew has no marks to tap for some frames.
    if (now === drawn) return;
    drawn = now;
    map.getSource<GeoJSONSource>(CLUSTERS)?.setData({ type: "FeatureCollection", features });
  }

  function tell(): void {
    const { lat, lng } = map.getCenter();
    options.moved({ at: { lat, long: lng }, zoom: map.getZoom(), bbox: boxOf() });
  }

  /** What can wait until the first picture is seen. */
  async function afterwards(): Promise<void> {
    await afterFrame();
    addControls(map);
    await nextTask();
    named = true;
    if (styled) addNames(map, ground);
    warmDashes(map);
    await notices.fetch(paletteOf(dark.matches));
  }

  function room(): typeof ROOM {
    return { ...ROOM, top: container.clientWidth < NARROW ? UNDER_TOOLS : ROOM.top };
  }

  function boxOf(): Box {
    const bounds = map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  function tapAt(point: Point2D): void {
    const box: [[number, number], [number, number]] = [[point.x - THUMB, point.y - THUMB], [point.x + THUMB, point.y + THUMB]];
    const layers = TAPPED.filter((id) => map.getLayer(id));
    const close = byDistance(map, map.queryRenderedFeatures(box, { layers }), point)[0]?.feature;
    const [area] = shown.outlines ? map.queryRenderedFeatures([point.x, point.y], { layers: ["area-ground"] }) : [];
    const notice = notices.at(box);
    if (notice) options.tapped({ kind: "notice", notice });
    else if (close) tapFeature(close);
    else if (area) options.tapped({ kind: "area", code: String(area.properties["code"]) });
  }

  /** Marks whose middle is on the screen, nearest to its middle first. */
  function onScreen(): ReturnType<typeof byDistance> {
    const { clientWidth, clientHeight } = container;
    const layers = TAPPED.filter((id) => map.getLayer(id));
    const inside = ({ x, y }: { x: number; y: number }): boolean => x >= 0 && y >= 0 && x <= clientWidth && y <= clientHeight;
    return byDistance(map, map.queryRenderedFeatures({ layers }), map.project(map.getCenter())).filter(inside);
  }

  function tapMiddle(): void {
    const [nearest] = onScreen();
    if (nearest) tapFeature(nearest.feature);
    else tapAt(map.project(map.getCenter()));
  }

  function tapFeature({ properties, geometry, layer }: MapGeoJSONFeature): void {
    if (geometry.type !== "Point") return;
    const [long = 0, lat = 0] = geometry.coordinates;
    if (layer.id === "clusters") return into(properties, { lat, long });
    if (properties["n"] > 1) options.tapped({ kind: "stack", cell: `${properties["level"] ?? 24}:${properties["cell"]}`, at: { lat, long } });
    else options.tapped({ kind: "request", at: { lat, long } });
  }

  /** As close as all of the cluster still fits, and at least a step closer. */
  function into(properties: MapGeoJSONFeature["properties"], at: Point): void {
    const [west, south, east, north] = JSON.parse(String(properties["within"])) as Box;
    const least = map.getZoom() + 1;
    const camera = map.cameraForBounds([west, south, east, north], { padding: room(), maxZoom: CLOSE + 1 });
    map.easeTo({ center: camera?.center ?? [at.long, at.lat], zoom: Math.min(19, Math.max(least, camera?.zoom ?? least)), animate: !still.matches });
  }

  dark.addEventListener("change", () => (styled = false));
  map.on("style.load", () => {
    styled = true;
    drawn = "";
    paint(inStyle);
    notices.lay(paletteOf(dark.matches));
  });
  map.setMissingStyleImageResolver((id) => {
    if (!/^(ring|stack|disc|mark|dot|hatching|notice)\b/.test(id)) return Promise.resolve();
    return painting(() => {
      if (!map.hasImage(id)) map.addImage(id, draw(id, paletteOf(dark.matches), options.letters), { pixelRatio: RATIO });
    });
  });
  map.on("sourcedata", (event) => {
    if (event.sourceId !== TILES) return;
    options.troubled(false);
    stale = true;
    // The first marks need not wait for the basemap's next picture.
    if ((event as { tile?: unknown }).tile && !drawn) void join();
    else merge();
  });
  map.on("error", (event) => {
    if ((event as { sourceId?: string }).sourceId === TILES) options.troubled(true);
  });
  opens(map, () => drawn !== "" && Boolean(map.isStyleLoaded()), () => {
    options.busy(false);
    options.rested();
    void afterwards();
  });
  map.on("idle", merge);
  map.on("render", () => options.busy(!map.areTilesLoaded()));
  map.on("moveend", () => {
    merge();
    tell();
  });
  map.on("click", ({ point }) => tapAt(point));
  for (const layer of [...TAPPED, "area-ground"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }

  merge();
  return {
    show(next) {
      const before = shown;
      shown = next;
      if (styled && JSON.stringify(before) !== JSON.stringify(next)) paint(before);
    },
    goTo: (at, zoom) => void map.easeTo({ center: [at.long, at.lat], zoom, animate: !still.matches }),
    fit: (box) => void map.fitBounds(box, { padding: room(), maxZoom: 18, animate: !still.matches }),
    mark: (at) => void (at ? here.setLngLat([at.long, at.lat]).addTo(map) : here.remove()),
    pressed(key) {
      const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
      if (way) map.panBy([way[0]! * 100, way[1]! * 100]);
      else if (key === "+" || key === "=") map.zoomIn();
      else if (key === "-") map.zoomOut();
      else if (key === "Enter") tapMiddle();
      else return false;
      return true;
    },
    marks: () => onScreen().map(({ feature, x, y }) => ({ n: Number(feature.properties["n"]), x, y })),
    box: boxOf,
  };
}
