// What the front page, "My reports" and a request's page do once there is JavaScript. Each works without it.
import { CopyText } from "./elements/copy-text.ts";
import { ForgetDevice } from "./elements/forget-device.ts";
import { NearMe } from "./elements/near-me.ts";
import { OutboxForm } from "./elements/outbox-form.ts";
import { OutboxList } from "./elements/outbox-list.ts";
import { PushOffer } from "./elements/push-offer.ts";
import { ShareLink } from "./elements/share-link.ts";
import { putAwaySeen } from "./my/seen.ts";
import { keepInStep } from "./pwa/resync.ts";
import { whenIdle } from "./pwa/update.ts";

customElements.define("copy-text", CopyText);
customElements.define("share-link", ShareLink);
customElements.define("near-me", NearMe);
customElements.define("outbox-list", OutboxList);
customElements.define("outbox-form", OutboxForm);
customElements.define("forget-device", ForgetDevice);
customElements.define("push-offer", PushOffer);
void putAwaySeen();
if (globalThis.Notification?.permission === "granted") whenIdle(keepInStep);

// The report page opens its picker when that step is shown; a correction shows it at once.
void customElements.whenDefined("place-picker").then(() => {
  document.querySelector<HTMLElement & { open(): void }>("place-picker[data-open]")?.open();
});
