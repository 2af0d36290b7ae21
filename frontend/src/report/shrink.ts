/** A photo made small enough to send from the street: 2048 px on the longer side, turned upright. */

const LONGEST = 2048;
const SMALL_ENOUGH = 1_500_000;
const QUALITY = 0.85;

export interface Shrunk {
  bytes: ArrayBuffer;
  type: string;
}

/** Whether the bytes begin as HEIC or AVIF do: the server can read them where this browser cannot. */
export function isHeif(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === "ftyp";
}

/** The smaller picture; the file as it is when it is small already, or when only the server can read it. Rejects for no picture. */
export async function shrink(file: File, bytes: ArrayBuffer): Promise<Shrunk> {
  const asItIs = { bytes, type: file.type || "application/octet-stream" };
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (error) {
    if (isHeif(new Uint8Array(bytes))) return asItIs;
    throw error;
  }
  const scale = LONGEST / Math.max(picture.width, picture.height);
  if (scale >= 1 && bytes.byteLength <= SMALL_ENOUGH) {
    picture.close();
    return asItIs;
  }
  const width = Math.max(1, Math.round(picture.width * Math.min(scale, 1)));
  const height = Math.max(1, Math.round(picture.height * Math.min(scale, 1)));
  const blob = await drawn(picture, width, height);
  picture.close();
  return { bytes: await blob.arrayBuffer(), type: blob.type };
}

async function drawn(picture: ImageBitmap, width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  // A transparent picture would come out black as JPEG.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
