/** What every page loads. */
import "htmx.org";
import "./elements/point-map.ts";
import { keepAreasFresh } from "./area/when-back.ts";
import { OutboxMark } from "./elements/outbox-mark.ts";
import { startSender, watch } from "./outbox.ts";
import { keepBannerFresh } from "./pwa/banner.ts";
import { keepLanguageSwitch } from "./pwa/language.ts";
import { freshenSoon, keepServiceWorker } from "./pwa/update.ts";

document.documentElement.classList.add("js");
keepLanguageSwitch();
keepBannerFresh();
startSender();
watch(freshenSoon);
customElements.define("outbox-mark", OutboxMark);
void keepServiceWorker();
keepAreasFresh();
