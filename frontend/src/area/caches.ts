/** What is kept of areas, and under which names. */

/** The tiles of all areas. */
export const TILES = "area-tiles";
/** What a map has to know before its first tile. */
export const ABOUT = "/tiles/basemap.json";
/** The map's own files, one cache a build: this, and the build's version. */
export const FILES = "area-files-";
