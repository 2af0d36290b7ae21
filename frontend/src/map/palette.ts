/** The colours of what lies on the basemap. Standing is told by shape too, a group by its letter. */

export interface Palette {
  paper: string;
  ink: string;
  open: string;
  late: string;
  closed: string;
  duplicate: string;
  onLate: string;
  onClosed: string;
  edge: string;
  /** From least to most. */
  classes: string[];
}

const LIGHT: Palette = {
  paper: "#fffdf8", ink: "#15181d", edge: "#15181d", open: "#ffcb1f", late: "#c2261c", closed: "#1d7a4f", duplicate: "#7b8088", onLate: "#ffffff", onClosed: "#ffffff",
  classes: ["#fff0b8", "#fcc76b", "#f0904c", "#cf5340", "#93213b", "#571033"],
};
const DARK: Palette = {
  paper: "#1b1e23", ink: "#f6f4ee", edge: "#0c0e10", open: "#ffcb1f", late: "#ff7a6b", closed: "#54c08b", duplicate: "#8f959d", onLate: "#15181d", onClosed: "#15181d",
  classes: ["#4a3b12", "#7d5416", "#b3701d", "#e0963a", "#f5be6a", "#ffe6ae"],
};

export function paletteOf(dark: boolean): Palette {
  return dark ? DARK : LIGHT;
}

/** In the order of the city's groups; the thirteenth begins anew, and its letter tells it from the first. White letters stand on each. */
export const GROUP_COLOURS = ["#1c64a5", "#b3480a", "#2b7434", "#8a3a9c", "#8a5a00", "#00757a", "#b0205a", "#5256c4", "#6a4a38", "#4d5a66", "#667000", "#a02a2a"];
