// What waits to be sent, counted: one row per changed document until an answer of the server covers its last change.
import { all } from "./live";
import type { Loose } from "./docs";
import { mine, type KeptPhoto } from "./local";
import { unsent, waitingKeys } from "./status";

/** `unsent` says what the store says. */
export async function count(): Promise<void> {
  const [documents, photos] = await Promise.all([
    mine().waiting.toArray(),
    mine().photos.filter((photo) => photo.state === "kept").toArray(),
  ]);
  const going = photos.filter(declared());
  const oldest = [...documents.map((row) => row.since), ...going.map((photo) => photo.taken_at)].sort()[0] ?? null;
  waitingKeys.value = new Set(documents.map((row) => row.key));
  unsent.value = { documents: documents.length, photos: going.length, oldest_at: oldest };
}

/** Whether a photo is to be sent: a visit on the phone declares it, or one did that the server has and that left with its
 *  shop. One of a draft waits for its visit, one that was taken back for nothing. */
export function declared(): (photo: KeptPhoto) => boolean {
  const told = new Set([...all("visits").value.values()].flatMap((visit) => (visit.photos ?? []).map((photo) => photo.id)));
  return (photo) => photo.declared === true || told.has(photo.id);
}

/** What the server's answer says of the photos of visits that it was sent. */
export async function noteDeclared(visits: readonly Loose[]): Promise<void> {
  for (const visit of visits) {
    const ids = new Set(visit._deleted === true ? [] : ((visit.photos ?? []) as { id: string }[]).map((photo) => photo.id));
    await mine().photos.where("visit_id").equals(visit.id).modify((photo) => { photo.declared = ids.has(photo.id); });
  }
}
