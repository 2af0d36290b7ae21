/** The kinds that can be sent. A later kind is a line here. */
import { action } from "./action.ts";
import type { Adapter } from "./adapter.ts";
import { report } from "./report.ts";

const ADAPTERS: Record<string, Adapter> = {
  report,
  join: action("join"),
  comment: action("updates"),
  withdrawal: action("withdrawal"),
  follow: action("follow"),
  unfollow: action("unfollow"),
  reopening: action("reopening"),
  correction: action("correction"),
};

/** Undefined for a kind that a newer version of the app has put there: it waits for that version. */
export function adapterOf(kind: string): Adapter | undefined {
  return Object.hasOwn(ADAPTERS, kind) ? ADAPTERS[kind] : undefined;
}
