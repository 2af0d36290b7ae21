/**
 * The outbox: what a person has sent waits here, on the phone, until the city has confirmed it.
 * store (rows) → order (which next) → policy (what an answer means) → adapters (how a kind is said) → sender.
 */
export { watch } from "./outbox/changes.ts";
export { dismiss, exportItem, items, mend, receipts, remove, sendNow, type Settled, settled } from "./outbox/manage.ts";
export { isUnsent, needsPerson } from "./outbox/policy.ts";
export { type NewItem, queue, queueDraft } from "./outbox/queue.ts";
export { drain, waiting } from "./outbox/sender.ts";
export { Unmendable } from "./outbox/unmendable.ts";
export { startSender } from "./outbox/wakes.ts";
export { saveDraft, savePhoto } from "./store/drafts.ts";
export { NotKept } from "./store/not-kept.ts";
