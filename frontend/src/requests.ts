// What the front page, "My reports" and a request's page do once there is JavaScript. Each works without it.
import { CopyText } from "./elements/copy-text";
import { NearMe } from "./elements/near-me";
import { ShareLink } from "./elements/share-link";

customElements.define("copy-text", CopyText);
customElements.define("share-link", ShareLink);
customElements.define("near-me", NearMe);
