// A picture from the phone's camera, made small and judged before it is kept; and a signature drawn by finger. Used by the visit's steps.
import { keepPhoto } from "../data/photos";
import { fitted, judge, type Judged } from "./picture";
import type { Photo, PhotoKind } from "./shapes";

const LOOKED_AT_PX = 400; // blur is judged on a small copy, so that it costs milliseconds
const QUALITY = 0.82;

export interface Taken { blob: Blob; judged: Judged }

/** At most 1600 px, upright, as JPEG; throws where the file is no picture. */
export async function compress(file: Blob): Promise<Taken> {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const size = fitted(bitmap.width, bitmap.height), small = fitted(bitmap.width, bitmap.height, LOOKED_AT_PX);
    const looked = drawn(bitmap, small).context.getImageData(0, 0, small.width, small.height);
    return { blob: await jpeg(drawn(bitmap, size).canvas), judged: judge(looked) };
  } finally {
    bitmap.close();
  }
}

function drawn(bitmap: ImageBitmap, size: { width: number; height: number }): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("no canvas");
  context.drawImage(bitmap, 0, 0, size.width, size.height);
  return { canvas, context };
}

export function jpeg(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => { if (blob === null) reject(new Error("no picture")); else resolve(blob); }, "image/jpeg", QUALITY);
  });
}

/** The picture is on the phone; what the visit declares of it. */
export async function kept(blob: Blob, visitId: string, kind: PhotoKind, item = ""): Promise<Photo> {
  const { id, sha256, bytes, taken_at, url } = await keepPhoto(blob, { visit_id: visitId, kind, line: item });
  URL.revokeObjectURL(url);
  return { id, sha256, bytes, taken_at, kind, ...(item === "" ? {} : { item }) };
}
