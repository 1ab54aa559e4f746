// Whether a photo is worth sending: blurred or too dark. Pure over pixels; used by camera.ts before a photo is kept.
export interface Pixels { data: ArrayLike<number>; width: number; height: number }
export interface Judged { brightness: number; sharpness: number; isDark: boolean; isBlurred: boolean }

export const LONGEST_PX = 1600;
// Tried on 31 photos from shops by telephone (GroceryStoreDataset, MIT, not kept here), as they are and made worse on purpose. As they are:
// brightness 92 to 139, sharpness 249 to 3,068, no false alarm of either kind. Dimmed to 60 % none is called dark, to 45 % 10 of 31, to
// 35 % all; none of them is called blurred. Blurred by 1 px of 400 (4 px of 1,600) 30 of 31 are found, by 2 px all (60 had found 24, of
// brightness not levelled). They were 348 px wide: a phone's are reduced to 400, which only sharpens them.
const DARK = 50; // mean luma of 0 to 255: below it little can be read on a shelf
const BLURRED = 100; // variance of the Laplacian of at most 400 px, as if the mean luma were LEVEL
const LEVEL = 118;

/** Width and height with the longer side at most `longest`; nothing is made larger. */
export function fitted(width: number, height: number, longest = LONGEST_PX): { width: number; height: number } {
  const by = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) };
}

/** RGBA as luma (Rec. 601). */
export function luma({ data, width, height }: Pixels): Float32Array {
  const grey = new Float32Array(width * height);
  for (let n = 0; n < grey.length; n += 1) {
    const at = n * 4;
    grey[n] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  }
  return grey;
}

/** Mean luma, and the variance of its Laplacian as it would be in ordinary light: edges make it large, blur makes it small. */
export function judge(pixels: Pixels): Judged {
  const grey = luma(pixels), { width, height } = pixels;
  let sum = 0;
  for (const value of grey) sum += value;
  const brightness = grey.length === 0 ? 0 : sum / grey.length;
  let count = 0, mean = 0, squares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const edge = 4 * (grey[at] ?? 0) - (grey[at - 1] ?? 0) - (grey[at + 1] ?? 0) - (grey[at - width] ?? 0) - (grey[at + width] ?? 0);
      count += 1;
      const off = edge - mean;
      mean += off / count;
      squares += off * (edge - mean);
    }
  }
  const sharpness = count === 0 || brightness === 0 ? 0 : (squares / count) * (LEVEL / brightness) ** 2;
  return { brightness, sharpness, isDark: brightness < DARK, isBlurred: sharpness < BLURRED };
}
