import type { Item } from "../../store/types.ts";
import type { Ask } from "../answer.ts";

/** How one kind of item is said to the city. */
export interface Adapter {
  /** Whether the request needs a stamp of the city's, which runs out. */
  stamped: boolean;
  /** The request that settles it; photos have been sent before. `now`: milliseconds since 1970. */
  ask(item: Item, stamp: string, now: number): Ask;
}
