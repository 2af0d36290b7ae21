/** What the service worker keeps, and under which names; the pages read these too when a device is forgotten. */
declare const SHELL_VERSION: string;
declare const BUILT_FILES: string[];

export const HOME = "/";
export const REPORT = "/report";
export const MY = "/my";
export const OFFLINE = "/offline";
export const MAP_PAGE = "/map";
/** Pages that open from the icon or a shortcut without a network. */
export const SHELL_PAGES = [HOME, REPORT, MY, OFFLINE];

/** The shell's pages as this build made them. */
export const SHELL = (): string => `shell-${SHELL_VERSION}`;
/** Built files, by their hashed names, beyond those of the precache. */
export const BUILT = "built";
export const CATALOGUE = "catalogue";
/** The map's page. */
export const MAP = "map-page";
/** What is urgent: the banner, the pages that it leads to, and what lies on the map. */
export const NOTICES = "notices";
/** Pages of requests that this device reported or follows, and their small photos. */
export const OWN = "own";
export const PHOTOS = "own-photos";
/** How many messages are unread, and whether the person wants any. */
export const TOLD = "told";
/** The last pages of other requests. */
export const VISITED = "visited";

/** The hashed names of all files of this build. */
export const builtFiles = (): readonly string[] => BUILT_FILES;

/** Whether a cache holds nothing but what belongs to the person. */
export function isPersonal(name: string): boolean {
  return [OWN, PHOTOS, VISITED, TOLD].includes(name) || name.startsWith("area");
}
