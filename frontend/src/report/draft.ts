/** The draft of a report: made from the page, found again on the phone, offered to the person. */
import type { ReportForm } from "../elements/report-form.ts";
import { mend } from "../outbox.ts";
import { allDrafts, findDraft } from "../store/drafts.ts";
import { findItem } from "../store/items.ts";
import { findReceipt } from "../store/receipts.ts";
import type { Draft } from "../store/types.ts";
import { ago, fill } from "../words.ts";
import { draftOfTab } from "./draft-keeper.ts";
import { need, readFields, valueOf } from "./fields.ts";
import type { Step } from "./steps.ts";

/** What the page holds beyond any one report. */
const NOTHING_YET = ["client_request_id", "notify", "place_source", "accuracy"];

/** The draft as the page has it now; null while there is nothing to keep. */
export function composeDraft(page: ReportForm, step: Step): Draft | null {
  const fields = readFields(page.form);
  const photos = page.photos.photos.map((photo) => photo.id);
  if (!photos.length && fields.every(([name]) => NOTHING_YET.includes(name))) return null;
  return {
    client_request_id: page.reportId,
    saved: Date.now(),
    step,
    fields,
    photos,
    addressTyped: page.place.addressTyped,
    title: [page.kind.chosen?.name, valueOf(page.form, "address_string")].filter(Boolean).join(", "),
    seen: [...page.known.seen],
    ...(page.problems.length ? { problems: page.problems } : {}),
  };
}

/** The draft to go on with at once: asked for by a link, or this tab's own. Else the newest is offered.
 * A number instead of a draft: that report is in the outbox, or sent. */
export async function startingDraft(page: ReportForm, resume: (draft: Draft) => Promise<void>): Promise<Draft | string | undefined> {
  try {
    const asked = new URLSearchParams(location.search).get("draft");
    const wanted = asked ?? draftOfTab();
    const found = wanted ? await findDraft(wanted) : undefined;
    if (found) return found;
    const refused = asked ? await findItem(asked) : undefined;
    if (refused?.state === "needs-you" && (refused.kind === "report" || refused.draft)) return await mend(refused.client_request_id);
    if (asked && (await isInOutbox(asked))) return asked;
    const [newest] = await allDrafts();
    if (newest) offer(page, newest, resume);
  } catch {
    // No store on this phone (private mode): the page works without.
  }
  return undefined;
}

/** Whether the report waits to be sent, or arrived. */
export async function isInOutbox(id: string): Promise<boolean> {
  return Boolean((await findItem(id)) ?? (await findReceipt(id)));
}

function offer(page: ReportForm, draft: Draft, resume: (draft: Draft) => Promise<void>): void {
  const note = need<HTMLElement>(page, "[data-offer]");
  const words = need<HTMLElement>(note, "[data-offer-words]");
  words.textContent = [fill(words.dataset["offerWords"] ?? "", { ago: ago(draft.saved, Date.now(), document.documentElement.lang) }), draft.title].filter(Boolean).join(" ");
  note.hidden = false;
  need(note, "[data-resume]").addEventListener("click", () => {
    note.hidden = true;
    void resume(draft);
  });
  need(note, "[data-anew]").addEventListener("click", () => {
    note.hidden = true;
    need<HTMLElement>(page, "#step-photo").focus();
  });
}
