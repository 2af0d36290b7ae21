/** What the server's answer to a sent report means for the phone's own copy of it. */

export interface Problem {
  field: string;
  message: string;
}

export type Outcome =
  | { kind: "sent"; id: string; url: string }
  | { kind: "problems"; problems: Problem[]; said: string }
  | { kind: "later"; reason: "offline" | "server" };

interface Body {
  service_request_id?: string;
  client_request_id?: string;
  url?: string;
  detail?: string;
  problems?: Problem[];
}

/**
 * Only a 2xx that names our own `client_request_id` means that the city has it; a sign-in page is no receipt.
 * 408, 429 and 5xx may be repeated as they are. Any other 4xx needs the person.
 */
export function outcomeOf(status: number, body: Body, client_request_id: string): Outcome {
  if (status >= 200 && status < 300) {
    const ours = body.client_request_id?.toLowerCase() === client_request_id.toLowerCase();
    return ours && body.url ? { kind: "sent", id: body.service_request_id ?? "", url: body.url } : { kind: "later", reason: "server" };
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return { kind: "problems", problems: body.problems ?? [], said: body.detail ?? "" };
  }
  return { kind: "later", reason: "server" };
}

/** The step that shows a field, as the server sorts them too. */
export function stepOf(field: string): string {
  if (["location", "address_string", "zipcode", "address_id"].includes(field)) return "place";
  if (field === "service_code" || field.startsWith("attribute[")) return "kind";
  return field.startsWith("media") || field.startsWith("photos[") ? "photo" : "words";
}
