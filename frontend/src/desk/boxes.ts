/** Rectangles in percent of a photo: they never leave it. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const within = (value: number, most = 100): number => Math.min(Math.max(value, 0), most);

/** The rectangle between two points. */
export function fitted([x, y]: [number, number], [toX, toY]: [number, number]): Box {
  const [left, right] = [within(Math.min(x, toX)), within(Math.max(x, toX))];
  const [top, bottom] = [within(Math.min(y, toY)), within(Math.max(y, toY))];
  return { left, top, width: right - left, height: bottom - top };
}

export function moved(box: Box, [x, y]: [number, number]): Box {
  return { ...box, left: within(box.left + x, 100 - box.width), top: within(box.top + y, 100 - box.height) };
}

/** Its lower right corner moves. */
export function sized(box: Box, [x, y]: [number, number]): Box {
  const [width, height] = [Math.max(1, box.width + x), Math.max(1, box.height + y)];
  return { ...box, width: within(width, 100 - box.left), height: within(height, 100 - box.top) };
}
