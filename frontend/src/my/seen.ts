import { dismiss, receipts } from "../outbox.ts";

/** A request's page tells all that its receipts do: on "My reports" they need not stand any longer. */
export async function putAwaySeen(): Promise<void> {
  const number = /^\/requests\/([^/]+)$/.exec(location.pathname)?.[1];
  if (!number) return;
  const seen = (await receipts().catch(() => [])).filter((receipt) => receipt.service_request_id === decodeURIComponent(number));
  await Promise.all(seen.map((receipt) => dismiss(receipt.client_request_id)));
}
