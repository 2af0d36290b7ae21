/** What the phone keeps of a report: one row for its fields, one row for each photo. */

export type Field = [name: string, value: string];

export interface Draft {
  /** UUIDv7, made on the phone: the same report sent twice stays one. */
  client_request_id: string;
  /** When it was last saved, in milliseconds since 1970. */
  saved: number;
  step: string;
  fields: Field[];
  /** Photo ids in the order in which they were chosen. */
  photos: string[];
  /** Whether the person typed the address: then nothing replaces it. */
  addressTyped: boolean;
  /** What a list of drafts shows of it. */
  title: string;
}

/** Bytes as they will be sent, never a File: a File may be empty once the camera's own copy is gone. */
export interface Photo {
  id: string;
  draft: string;
  type: string;
  bytes: ArrayBuffer;
}
