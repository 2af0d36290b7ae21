/** An area that a person takes along: what of it is kept on the phone, in three records of the same id and one cache. */

/** [west, south, east, north] in decimal degrees (WGS84). */
export type Box = [number, number, number, number];

/** The tiles of one zoom: columns and rows from … to, both included, on the Web Mercator grid. */
export interface Zoom {
  z: number;
  x: [number, number];
  y: [number, number];
}

/** Store `areas`: the area itself. It is written last: what stands here is kept whole. */
export interface KeptArea {
  id: string;
  name: string;
  box: Box;
  /** When it was last fetched whole, in milliseconds since 1970. */
  kept: number;
  /** What its map, places and requests take on the phone. */
  bytes: number;
  /** How the server is asked for it again: "layer=board&code=3", or "lat=…&long=…&radius_m=…". */
  asked: string;
  /** Names the version of the basemap that the tiles are from; "" where the city has none. */
  basemap: string;
  tiles: Zoom[];
  /** How many addresses, corners and named places it has. */
  places: number;
}

/** Store `area_places`: the place index of an area. */
export interface KeptPlaces {
  id: string;
  /** The entity tag of the server's answer, to ask whether it has changed. */
  tag: string;
  index: PlaceIndex;
}

/** As `GET /along/places.json` tells it: columns, positions in 0.00001 degrees from the box's south-west corner. */
export interface PlaceIndex {
  box: Box;
  /** How names are written: the short form of each long word, and what the commonest words weigh. */
  words: { spellings: Record<string, string>; tens: Record<string, number>; weights: Record<string, number> };
  streets: string[];
  zipcodes: string[];
  addresses: Columns & { street: number[]; number: (number | string)[] };
  corners: Columns & { street: number[]; cross: number[] };
  pois: Columns & { label: string[]; hint: (string | null)[] };
}

export interface Columns {
  id: number[];
  north: number[];
  east: number[];
  /** Place in `zipcodes`; -1 for none. */
  zip: number[];
  /** Labels that are not made up of the other columns, by row. */
  labels: Record<string, string>;
}

/** Store `area_requests`: the open public requests of an area. */
export interface KeptRequests {
  id: string;
  /** When the server told them, in milliseconds since 1970. */
  asOf: number;
  requests: KnownRequest[];
}

/** One open request, as `GET /along/requests.json` tells it. */
export interface KnownRequest {
  service_request_id: string;
  service_code: string;
  service_name: string;
  group: string;
  address: string;
  lat: number;
  long: number;
  requested_datetime: string;
  expected_datetime: string | null;
  reporter_count: number;
}
