/**
 * Where and when a photo was taken, from its EXIF (CIPA DC-008), read before the phone shrinks it.
 * Finds the block in JPEG, HEIC, PNG and WebP alike by its own header; reads five tags and nothing else.
 */
import { isPlace } from "./geo.ts";

export interface PhotoFacts {
  lat?: number;
  long?: number;
  accuracy?: number;
  /** ISO 8601 with a zone; the phone's own where the camera did not say one. */
  taken?: string;
}

type Directory = Map<number, { type: number; count: number; at: number }>;

const SIZES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8 };
const MOST_ENTRIES = 500;

export function readPhotoFacts(bytes: Uint8Array): PhotoFacts {
  const start = findTiff(bytes);
  if (start < 0) return {};
  try {
    return new Tiff(new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start)).facts();
  } catch {
    // A directory that points outside of the file: as good as none.
    return {};
  }
}

/**
 * The offset of the TIFF header behind "Exif\0\0", "eXIf" (PNG) or "EXIF" (WebP), or in HEIF behind an
 * offset of 0 (ISO 23008-12, A.2.1); -1 where there is none.
 */
function findTiff(bytes: Uint8Array): number {
  const heif = String.fromCharCode(...bytes.subarray(4, 8)) === "ftyp";
  for (let at = bytes.indexOf(0x2a, 7); at >= 0; at = bytes.indexOf(0x2a, at + 1)) {
    const little = bytes[at - 1] === 0x49 && bytes[at - 2] === 0x49 && bytes[at + 1] === 0;
    const big = bytes[at - 1] === 0 && bytes[at - 2] === 0x4d && bytes[at - 3] === 0x4d;
    const start = little ? at - 2 : at - 3;
    if (!(little || big)) continue;
    const before = String.fromCharCode(...bytes.subarray(Math.max(0, start - 8), start));
    if (before.endsWith("Exif\0\0") || before.endsWith("eXIf") || before.startsWith("EXIF")) return start;
    if (heif && before.endsWith("\0\0\0\0")) return start;
  }
  return -1;
}

class Tiff {
  readonly little: boolean;

  constructor(readonly view: DataView) {
    this.little = view.getUint8(0) === 0x49;
  }

  facts(): PhotoFacts {
    const main = this.directory(this.view.getUint32(4, this.little));
    const gps = this.directory(this.number(main, 0x8825));
    const camera = this.directory(this.number(main, 0x8769));
    const facts: PhotoFacts = {};
    const lat = this.degrees(gps, 2, 1, "S");
    const long = this.degrees(gps, 4, 3, "W");
    if (lat !== null && long !== null && isPlace(lat, long)) Object.assign(facts, { lat, long });
    const accuracy = gps.has(31) ? (this.rationals(gps, 31)[0] ?? NaN) : NaN;
    if (accuracy > 0 && accuracy < 1e6) facts.accuracy = accuracy;
    const taken = takenAt(this.text(camera, 0x9003) || this.text(main, 0x0132), this.text(camera, 0x9011));
    if (taken) facts.taken = taken;
    return facts;
  }

  directory(offset: number): Directory {
    const found: Directory = new Map();
    if (!(offset >= 8)) return found;
    const count = Math.min(this.view.getUint16(offset, this.little), MOST_ENTRIES);
    for (let at = offset + 2; at < offset + 2 + count * 12; at += 12) {
      const type = this.view.getUint16(at + 2, this.little);
      const number = this.view.getUint32(at + 4, this.little);
      const inside = (SIZES[type] ?? 99) * number <= 4;
      found.set(this.view.getUint16(at, this.little), { type, count: number, at: inside ? at + 8 : this.view.getUint32(at + 8, this.little) });
    }
    return found;
  }

  number(directory: Directory, tag: number): number {
    const entry = directory.get(tag);
    return entry?.type === 4 ? this.view.getUint32(entry.at, this.little) : NaN;
  }

  text(directory: Directory, tag: number): string {
    const entry = directory.get(tag);
    if (entry?.type !== 2 || entry.count > 64) return "";
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + entry.at, entry.count);
    return String.fromCharCode(...bytes).replace(/\0.*$/s, "").trim();
  }

  rationals(directory: Directory, tag: number): number[] {
    const entry = directory.get(tag);
    // Some cameras write the signed kind (10) where the standard has the unsigned one (5).
    if (!entry || ![5, 10].includes(entry.type) || entry.count > 3) return [];
    return Array.from({ length: entry.count }, (_, place) => {
      const at = entry.at + 8 * place;
      if (entry.type === 10) return this.view.getInt32(at, this.little) / this.view.getInt32(at + 4, this.little);
      return this.view.getUint32(at, this.little) / this.view.getUint32(at + 4, this.little);
    });
  }

  degrees(gps: Directory, tag: number, side: number, minus: string): number | null {
    const parts = this.rationals(gps, tag);
    const [degrees = NaN, minutes = 0, seconds = 0] = parts;
    const value = degrees + minutes / 60 + seconds / 3600;
    if (!Number.isFinite(value) || Math.min(degrees, minutes, seconds) < 0 || minutes > 60 || seconds > 60) return null;
    return this.text(gps, side).toUpperCase() === minus ? -value : value;
  }
}

/** "2026:11:26 14:30:00" and "+01:00" as ISO 8601; "" for what cannot be a time in the past. */
export function takenAt(stated: string, offset: string): string {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(stated);
  if (!parts) return "";
  const [, year, month, day, hour, minute, second] = parts;
  const zone = /^[+-]\d\d:\d\d$/.test(offset) ? offset : "";
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return moment.getTime() > 0 && moment.getTime() <= Date.now() ? moment.toISOString() : "";
}
