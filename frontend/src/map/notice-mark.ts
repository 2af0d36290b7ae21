/** The marks of what a notice names: a house for shelter, a bar for what is closed, a cross for help. */
import type { Palette } from "./palette.ts";

/** Squares, so that nobody takes them for reports; each sign is told by its shape. */
export function noticeMark(pen: CanvasRenderingContext2D, side: number, kind: string, palette: Palette): void {
  const edge = 2.5;
  pen.beginPath();
  pen.roundRect(edge, edge, side - 2 * edge, side - 2 * edge, 7);
  pen.fillStyle = kind === "closure" ? palette.late : kind === "shelter" ? palette.closed : palette.ink;
  pen.fill();
  pen.lineWidth = 2.5;
  pen.strokeStyle = palette.paper;
  pen.stroke();
  pen.fillStyle = palette.paper;
  const middle = side / 2;
  if (kind === "closure") pen.fillRect(middle - 8, middle - 2.5, 16, 5);
  else if (kind === "shelter") house(pen, middle);
  else {
    pen.fillRect(middle - 2.5, middle - 8, 5, 16);
    pen.fillRect(middle - 8, middle - 2.5, 16, 5);
  }
}

function house(pen: CanvasRenderingContext2D, middle: number): void {
  pen.beginPath();
  pen.moveTo(middle, middle - 9);
  pen.lineTo(middle + 9, middle - 1);
  pen.lineTo(middle + 6, middle - 1);
  pen.lineTo(middle + 6, middle + 8);
  pen.lineTo(middle - 6, middle + 8);
  pen.lineTo(middle - 6, middle - 1);
  pen.lineTo(middle - 9, middle - 1);
  pen.fill();
}
