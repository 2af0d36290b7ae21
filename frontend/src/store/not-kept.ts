/** Why the phone could not keep something: the page says so, and falls back to sending directly. */

/** no-store: no IndexedDB (private mode) · no-crypto: no hashes (not https) · full: no space is left ·
 * reload: a newer version of the app has changed the store; nothing is lost, the page must be loaded again ·
 * photos-gone: a photo of the draft is not on the phone any more · failed: anything else */
export type Reason = "no-store" | "no-crypto" | "full" | "reload" | "photos-gone" | "failed";

export class NotKept extends Error {
  override readonly name = "NotKept";

  constructor(
    readonly reason: Reason,
    cause?: unknown,
  ) {
    super(`not kept on this phone: ${reason}`, { cause });
  }
}

/** The error as a `NotKept`; what is none of the store's errors stays as it is. */
export function notKept(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  // Safari has other names for a disk that is full.
  if (error.name === "QuotaExceededError" || /quota|disk.*full|no space/i.test(error.message)) return new NotKept("full", error);
  if (error.name === "VersionError") return new NotKept("reload", error);
  return new NotKept(error.name === "SecurityError" ? "no-store" : "failed", error);
}

/** Whether a write failed because nothing more fits. */
export function isFull(error: unknown): boolean {
  const why = notKept(error);
  return why instanceof NotKept && why.reason === "full";
}
