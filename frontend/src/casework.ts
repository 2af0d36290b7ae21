/** What the desk does once there is JavaScript. Each works without it. */
import { CannedAnswers } from "./elements/canned-answers.ts";
import { MentionBox } from "./elements/mention-box.ts";
import { PhotoCover } from "./elements/photo-cover.ts";

customElements.define("canned-answers", CannedAnswers);
customElements.define("mention-box", MentionBox);
customElements.define("photo-cover", PhotoCover);
