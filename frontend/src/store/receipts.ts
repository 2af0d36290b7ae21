/** What is left of items that the city has, until the person has seen it or for two weeks. */
import { change, withDatabase } from "./database.ts";
import type { Receipt } from "./types.ts";

const KEPT = 14 * 24 * 3600 * 1000;

/** The newest first. Those older than two weeks are forgotten. */
export async function allReceipts(now = Date.now()): Promise<Receipt[]> {
  const all = await withDatabase((database) => database.getAllFromIndex("receipts", "sent"));
  const old = all.filter((receipt) => receipt.sent < now - KEPT);
  if (old.length) await Promise.all(old.map((receipt) => deleteReceipt(receipt.client_request_id)));
  return all.filter((receipt) => !old.includes(receipt)).reverse();
}

export function findReceipt(id: string): Promise<Receipt | undefined> {
  return withDatabase((database) => database.get("receipts", id));
}

export function deleteReceipt(id: string): Promise<void> {
  return change(["receipts"], (stores) => stores.objectStore("receipts").delete(id));
}
