import type { Receipt } from "../store/types.ts";

/** sending: it is on its way just now · sent: the city has it, see `receipt` · gone: deleted, or not on this phone */
export class Unmendable extends Error {
  override readonly name = "Unmendable";

  constructor(
    readonly reason: "sending" | "sent" | "gone",
    readonly receipt: Receipt | null = null,
  ) {
    super(`cannot be mended: ${reason}`);
  }
}
