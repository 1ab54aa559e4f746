// What waits to be sent, counted: one row per changed document until an answer of the server covers its last change.
import { mine } from "./local";
import { unsent } from "./status";

/** `unsent` says what the store says. */
export async function count(): Promise<void> {
  const [documents, photos] = await Promise.all([
    mine().waiting.toArray(),
    mine().photos.filter((photo) => photo.state === "kept").toArray(),
  ]);
  const visits = new Set(documents.filter((row) => row.collection === "visits").map((row) => row.id));
  const drafts = new Set(await mine().drafts.toCollection().primaryKeys());
  const going = photos.filter((photo) => visits.has(photo.visit_id) || !drafts.has(photo.visit_id));
  const oldest = [...documents.map((row) => row.since), ...going.map((photo) => photo.taken_at)].sort()[0] ?? null;
  unsent.value = { documents: documents.length, photos: going.length, oldest_at: oldest };
}
