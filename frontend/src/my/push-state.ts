/** What a person is offered: pure, from what the browser can and has been told. */

export interface Around {
  hasKey: boolean;
  canPush: boolean;
  /** An iPhone or iPad: they push to installed apps only. */
  isApple: boolean;
  isInstalled: boolean;
  permission: NotificationPermission;
  subscribed: boolean;
}

/** none: nothing is said · install: on the home screen first · ask · denied: only the browser's settings help · on · failed */
export type Offer = "none" | "install" | "ask" | "denied" | "on" | "failed";

export function offerFor({ hasKey, canPush, isApple, isInstalled, permission, subscribed }: Around): Offer {
  if (!hasKey) return "none";
  if (!canPush) return isApple && !isInstalled ? "install" : "none";
  if (permission === "denied") return "denied";
  return subscribed && permission === "granted" ? "on" : "ask";
}
