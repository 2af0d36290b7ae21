// What the desk's pages do once there is JavaScript. Each works without it.
import "./elements/staff-queue.ts";
import "./elements/desk-presence.ts";
import "./elements/place-search.ts";
import "./elements/call-form.ts";
