/** What the buttons of a card do. Each asks before it takes something away. */
import { dismiss, exportItem, mend, remove, sendNow } from "../outbox.ts";
import { deleteDraft } from "../store/drafts.ts";
import { say } from "../words.ts";
import { idOf, type Unsent } from "./unsent.ts";

/** Rejects when it could not be done; resolves when it is done, or the person thought better of it. */
export async function act(what: string, unsent: Unsent): Promise<void> {
  const id = idOf(unsent);
  if (unsent.draft) {
    if (what !== "discard" || !window.confirm(say("discard_sure"))) return;
    await deleteDraft(id);
    // One that was sent before it was mended may have arrived: the city is told.
    void sendNow(id).catch(() => undefined);
    return;
  }
  const { item } = unsent;
  if (what === "send") await sendNow(id);
  if (what === "export") save(await exportItem(id), `blockwise-${id}.zip`);
  if (what === "delete" && window.confirm(say(item.attempted ? "delete_sure_arrived" : "delete_sure"))) await remove(id);
  if (what === "anew") location.assign(`/report?draft=${encodeURIComponent((await mend(id)).client_request_id)}`);
  if (what === "mend") location.assign(await mendingPlace(item.kind, item.subject, id));
}

/** A report becomes a draft again; anything else is mended in the form of its request, and waits here until then. */
async function mendingPlace(kind: string, subject: string, id: string): Promise<string> {
  if (kind !== "report") return `/requests/${encodeURIComponent(subject)}?mend=${encodeURIComponent(id)}`;
  await mend(id);
  return `/report?draft=${encodeURIComponent(id)}`;
}

export async function putAway(id: string): Promise<void> {
  await dismiss(id);
}

function save(zip: Blob, name: string): void {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(zip), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
