/** The marks of the map, drawn when they are first needed: the name of an image says what it shows. */
import { noticeMark } from "./notice-mark.ts";
import { GROUP_COLOURS, type Palette } from "./palette.ts";

type Pen = CanvasRenderingContext2D;
/** Shares are drawn in so many steps: what nobody could tell apart is one image. */
export const STEPS = 16;
export const RATIO = 2;
/** Sides in CSS pixels: of clusters from … reports on, and of one report. */
export const SIZES: [from: number, side: number][] = [[0, 36], [10, 40], [100, 46], [1000, 54], [10_000, 62]];
const ONE = 30;
const ARCS = [["late", 7], ["open", 5], ["closed", 3.5], ["duplicate", 2]] as const;

/** "ring:46:late:open:closed:duplicate" · "stack:…" alike · "disc:46:group" · "mark:standing:group" · "dot:standing" · "hatching" · "notice:kind". */
export function draw(name: string, palette: Palette, letters: Record<string, [number, string]>): ImageData {
  const [kind = "", ...rest] = name.split(":");
  if (kind === "hatching") return hatching(palette);
  if (kind === "notice") return onCanvas(ONE + 4, (pen, side) => noticeMark(pen, side, rest[0] ?? "", palette));
  if (kind === "mark" || kind === "dot") return onCanvas(kind === "dot" ? 22 : ONE, (pen, side) => mark(pen, side, rest[0] ?? "", letters[rest[1] ?? ""]?.[1] ?? "", palette));
  const side = Number(rest[0]);
  if (kind === "disc") return onCanvas(side, (pen) => disc(pen, side, letters[rest[1] ?? ""]?.[0], palette));
  return onCanvas(side, (pen) => ring(pen, side, rest.slice(1).map(Number), kind === "stack", palette));
}

function onCanvas(side: number, paint: (pen: Pen, side: number) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  pen.scale(RATIO, RATIO);
  paint(pen, side);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** A ring whose arcs are the shares: late from the top and thickest, then open, then closed. A stack lies on another. */
function ring(pen: Pen, side: number, shares: number[], stacked: boolean, palette: Palette): void {
  const [middle, radius] = [side / 2, side / 2 - 5.5];
  if (stacked) disk(pen, middle + 2.5, middle + 2.5, radius + 2, palette.paper, palette.ink, 1.5);
  ground(pen, middle, radius + 3.5, palette);
  const whole = shares.reduce((sum, share) => sum + share, 0) || 1;
  let from = -Math.PI / 2;
  ARCS.forEach(([name, width], at) => {
    const angle = ((shares[at] ?? 0) / whole) * 2 * Math.PI;
    if (angle === 0) return;
    pen.beginPath();
    pen.lineWidth = width;
    pen.strokeStyle = palette[name];
    pen.arc(middle, middle, radius + 3 - width / 2, from, from + angle);
    pen.stroke();
    from += angle;
  });
  pen.beginPath();
  pen.lineWidth = 1.25;
  pen.strokeStyle = palette.edge;
  pen.arc(middle, middle, radius + 3.5, 0, 2 * Math.PI);
  pen.stroke();
}

function ground(pen: Pen, middle: number, radius: number, palette: Palette): void {
  pen.save();
  pen.shadowColor = "rgb(0 0 0 / 0.35)";
  pen.shadowBlur = 3 * RATIO;
  pen.shadowOffsetY = RATIO;
  disk(pen, middle, middle, radius, palette.paper);
  pen.restore();
}

function disk(pen: Pen, x: number, y: number, radius: number, fill: string, stroke?: string, width = 1): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  if (!stroke) return;
  pen.lineWidth = width;
  pen.strokeStyle = stroke;
  pen.stroke();
}

function disc(pen: Pen, side: number, group: number | undefined, palette: Palette): void {
  ground(pen, side / 2, side / 2 - 2, palette);
  const colour = group === undefined ? palette.duplicate : GROUP_COLOURS[group % GROUP_COLOURS.length]!;
  disk(pen, side / 2, side / 2, side / 2 - 2.5, colour, palette.paper, 2);
}

/** One report: a disk is open, a diamond late, a square closed, a small ring a duplicate; the letter is its group's. */
function mark(pen: Pen, side: number, standing: string, letter: string, palette: Palette): void {
  const middle = side / 2;
  const reach = middle - 3;
  pen.save();
  pen.shadowColor = "rgb(0 0 0 / 0.35)";
  pen.shadowBlur = 2 * RATIO;
  pen.beginPath();
  if (standing === "late") diamond(pen, middle, reach + 1.5);
  else if (standing === "closed") pen.roundRect(middle - reach * 0.8, middle - reach * 0.8, reach * 1.6, reach * 1.6, 3);
  else pen.arc(middle, middle, standing === "duplicate" ? reach * 0.75 : reach * 0.95, 0, 2 * Math.PI);
  pen.fillStyle = palette[standing as "open"] ?? palette.duplicate;
  pen.fill();
  pen.restore();
  pen.lineWidth = 1.5;
  pen.strokeStyle = standing === "open" ? "#15181d" : palette.paper;
  pen.stroke();
  if (!letter) return;
  pen.fillStyle = standing === "open" ? "#15181d" : standing === "late" ? palette.onLate : palette.onClosed;
  pen.font = `700 ${side * 0.42}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(letter, middle, middle + 0.5);
}

function diamond(pen: Pen, middle: number, reach: number): void {
  pen.moveTo(middle, middle - reach);
  pen.lineTo(middle + reach, middle);
  pen.lineTo(middle, middle + reach);
  pen.lineTo(middle - reach, middle);
  pen.closePath();
}

/** Stripes for "too few to say": tiles without a seam. */
function hatching(palette: Palette): ImageData {
  return onCanvas(8, (pen, side) => {
    pen.strokeStyle = palette.ink;
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1.25;
    for (const shift of [-side, 0, side]) {
      pen.beginPath();
      pen.moveTo(shift, side);
      pen.lineTo(shift + side, 0);
      pen.stroke();
    }
  });
}
