/** Offers messages on this phone, at the moment when there is something to be told of; without JavaScript it is not there. */
import { cityKey, isFor, subscribe, unsubscribe } from "../pwa/endpoint.ts";
import { changed } from "../outbox/changes.ts";
import { isWaiting, putOff } from "../my/put-off.ts";
import { type Around, type Offer, offerFor } from "../my/push-state.ts";

export class PushOffer extends HTMLElement {
  #key: string | null = null;

  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const what = (event.target as Element).closest<HTMLElement>("[data-do]")?.dataset["do"];
      if (what === "ask") void this.#ask(event.target as HTMLElement);
      if (what === "stop") void this.#stop();
      if (what === "later") this.#later();
    });
    void this.#begin();
  }

  async #begin(): Promise<void> {
    // A moment that the person has put off is over; in a list of one's own it can be found again.
    if (this.hasAttribute("moment") && isWaiting(Date.now())) return;
    try {
      this.#key = await cityKey();
    } catch {
      return;
    }
    const registration = await navigator.serviceWorker?.getRegistration();
    const subscription = await registration?.pushManager?.getSubscription();
    this.#show(offerFor({ ...around(), hasKey: this.#key !== null, subscribed: !!subscription && isFor(subscription, this.#key ?? "") }));
  }

  /** The question comes first: a browser takes it only as the answer to a tap. */
  async #ask(button: HTMLElement): Promise<void> {
    button.ariaBusy = "true";
    try {
      const permission = await Notification.requestPermission();
      if (permission === "granted") {
        await subscribe(await navigator.serviceWorker.ready, this.#key ?? "");
        this.#show("on");
      } else this.#show(permission === "denied" ? "denied" : "ask");
    } catch {
      this.#show("failed");
    }
    button.ariaBusy = null;
    if (this.dataset["offer"] !== "ask") this.querySelector<HTMLElement>(`[data-when~="${this.dataset["offer"]}"]`)?.focus();
    changed();
  }

  async #stop(): Promise<void> {
    await unsubscribe(await navigator.serviceWorker.ready).catch(() => undefined);
    this.#show("ask");
  }

  #later(): void {
    putOff(Date.now());
    this.hidden = true;
  }

  /** At such a moment what is settled already is not said again. */
  #show(offer: Offer): void {
    const isSettled = ["on", "denied"].includes(offer) && this.hasAttribute("moment") && !this.dataset["offer"];
    this.dataset["offer"] = offer;
    this.hidden = offer === "none" || isSettled;
    for (const part of this.querySelectorAll<HTMLElement>("[data-when]")) part.hidden = !(part.dataset["when"] ?? "").split(" ").includes(offer);
  }
}

/** What this browser can do, as it is now. */
function around(): Omit<Around, "hasKey" | "subscribed"> {
  return {
    canPush: "serviceWorker" in navigator && "PushManager" in window && "Notification" in window,
    isApple: /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1),
    isInstalled: matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true,
    permission: globalThis.Notification?.permission ?? "default",
  };
}
