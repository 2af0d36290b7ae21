/** An area that a person takes along: what of it is kept on the phone. */
export interface KeptArea {
  id: string;
  name: string;
  /** [west, south, east, north] in decimal degrees (WGS84). */
  box: [number, number, number, number];
  /** When it was last fetched whole, in milliseconds since 1970. */
  kept: number;
  bytes: number;
}
