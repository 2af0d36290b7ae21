import type { Answer } from "./answer.ts";
import type { Outcome } from "./policy.ts";
import type { Turns } from "./turns.ts";

/** What the items of one pass share. */
export interface Pass {
  stamp: string;
  chains: Turns;
  uploads: Turns;
  /** Ends when another tab has taken the lock away. */
  lost: AbortSignal;
  /** Called with each outcome: a dead network ends the pass. */
  heard(outcome: Outcome, answer: Answer): void;
  goesOn(): boolean;
}

/** What a request came to; null when the item was stopped: deleted meanwhile, here or in another tab. */
export type Step = Outcome | null;
