/** A photo made ready to be kept and sent: its facts read, then made smaller, turned upright, hashed. Runs in a worker, or on the page. */
import type { Rung } from "../store/space.ts";
import { type PhotoFacts, readPhotoFacts } from "./exif.ts";

const THUMB = 160;
const THUMB_QUALITY = 0.7;

export interface Ready {
  bytes: ArrayBuffer;
  type: string;
  /** SHA-256 of the bytes in lower-case hex; absent where the page has no cryptography (plain http). */
  hash?: string;
  /** A JPEG of at most 160 px; absent for what only the server can read. */
  thumb?: ArrayBuffer;
  facts: PhotoFacts;
}

/** Whether the bytes begin as HEIC or AVIF do: the server can read them where this browser cannot. */
export function isHeif(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === "ftyp";
}

/** The photo as small as the rung says; as it is when it is small already, or when only the server can read it. Rejects for no picture. */
export async function makeReady(file: Blob, rung: Rung): Promise<Ready> {
  const bytes = await file.arrayBuffer();
  if (bytes.byteLength === 0) throw new Error("empty");
  const facts = readPhotoFacts(new Uint8Array(bytes));
  const asItIs = { bytes, type: file.type || "application/octet-stream" };
  const picture = await opened(file, bytes, rung);
  if (!picture) return { ...asItIs, ...(await hashed(bytes)), facts };
  const canvas = drawn(picture, rung.longest);
  const small = bytes.byteLength <= rung.bytes && longer(picture) <= rung.longest;
  close(picture);
  const made = small ? asItIs : await encoded(canvas, rung.quality);
  const thumb = await encoded(drawn(canvas, THUMB), THUMB_QUALITY);
  return { ...made, ...(await hashed(made.bytes)), thumb: thumb.bytes, facts };
}

type Picture = ImageBitmap | VideoFrame | OffscreenCanvas;

/** The decoded picture, upright; null for what only the server can read. A large JPEG is decoded near the size that is wanted: half the time, a quarter of the memory. */
async function opened(file: Blob, bytes: ArrayBuffer, rung: Rung): Promise<Picture | null> {
  if (typeof OffscreenCanvas === "undefined") return null;
  if (file.type === "image/jpeg" && bytes.byteLength > rung.bytes) {
    const near = await decodedNear(bytes, Math.round(rung.longest * 1.05)).catch(() => null);
    if (near) return near;
  }
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (error) {
    if (isHeif(new Uint8Array(bytes))) return null;
    throw error;
  }
}

/** Null where the browser would forget which way is up. */
async function decodedNear(data: ArrayBuffer, longest: number): Promise<VideoFrame | null> {
  if (typeof ImageDecoder === "undefined" || !("rotation" in VideoFrame.prototype)) return null;
  const decoder = new ImageDecoder({ data, type: "image/jpeg", desiredWidth: longest, desiredHeight: longest });
  try {
    return (await decoder.decode()).image;
  } finally {
    decoder.close();
  }
}

function size(picture: Picture): { width: number; height: number } {
  return "displayWidth" in picture ? { width: picture.displayWidth, height: picture.displayHeight } : picture;
}

function longer(picture: Picture): number {
  return Math.max(size(picture).width, size(picture).height);
}

function close(picture: Picture): void {
  if ("close" in picture) picture.close();
}

function drawn(picture: Picture, longest: number): OffscreenCanvas {
  const { width, height } = size(picture);
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  // Drawn where it is read again at once, for its encoding.
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("no canvas");
  // A transparent picture would come out black as JPEG.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function encoded(canvas: OffscreenCanvas, quality: number): Promise<{ bytes: ArrayBuffer; type: string }> {
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  return { bytes: await blob.arrayBuffer(), type: blob.type };
}

async function hashed(bytes: ArrayBuffer): Promise<{ hash?: string }> {
  if (!globalThis.crypto?.subtle) return {};
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { hash: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
}
