/** What every page loads. */
import "htmx.org";
import "./elements/point-map.ts";
import { keepAreasFresh } from "./area/when-back.ts";
import { OutboxMark } from "./elements/outbox-mark.ts";
import { startSender } from "./outbox.ts";
import { keepServiceWorker } from "./pwa/update.ts";

document.documentElement.classList.add("js");
startSender();
customElements.define("outbox-mark", OutboxMark);
void keepServiceWorker();
keepAreasFresh();
