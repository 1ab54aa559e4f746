// Photos on the phone: kept with their hash as they are taken; sent by sync/uploads.ts once their visit is with the server.
import { mine, type KeptPhoto } from "./local";
import { count } from "./waiting";

export interface PhotoOf { visit_id: string; kind: string; line?: string }
/** `url` is an object URL for the screen; revoke it when it is no longer shown. */
export interface Kept { id: string; sha256: string; bytes: number; taken_at: string; url: string }

/** The picture is on the phone under an id of its own, with the SHA-256 (hex) and size that its visit declares. */
export async function keepPhoto(blob: Blob, about: PhotoOf): Promise<Kept> {
  const content = await blob.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const photo: KeptPhoto = {
    id: crypto.randomUUID(), visit_id: about.visit_id, kind: about.kind, line: about.line ?? "", sha256, bytes: blob.size,
    taken_at: new Date().toISOString(), type: blob.type || "image/jpeg", blob: new Blob([content], { type: blob.type || "image/jpeg" }),
    state: "kept", upload_url: null, sent_at: null,
  };
  await mine().photos.put(photo);
  await count();
  return { id: photo.id, sha256, bytes: photo.bytes, taken_at: photo.taken_at, url: URL.createObjectURL(photo.blob) };
}

/** An object URL of a photo that is on this phone; null where it is not (any more). */
export async function photoUrl(id: string): Promise<string | null> {
  const photo = await mine().photos.get(id);
  return photo === undefined ? null : URL.createObjectURL(photo.blob);
}

/** The photo is not part of the visit after all. */
export async function dropPhoto(id: string): Promise<void> {
  await mine().photos.delete(id);
  await count();
}
