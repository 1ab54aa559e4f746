// Photos go up by tus 1.0.0 once the server has their visit, one after the other; a cut resumes at the byte it had reached.
import { signal } from "@preact/signals";
import { Upload } from "tus-js-client";
import { headers, NoNetwork, Refused } from "../api/client";
import { mine, type KeptPhoto } from "../data/local";
import { reachable } from "../data/status";
import { count, declared } from "../data/waiting";
import { mayAsk, passed, refused } from "./gate";

const PIECE = 256 * 1024;
const KEPT_MS = 14 * 86_400_000; // after it was sent: a server that comes back from a backup may ask again
const ORPHAN_MS = 2 * 86_400_000;

/** Per cent of the photo that is on its way, by its id. */
export const progress = signal<ReadonlyMap<string, number>>(new Map());
let isRunning = false;

/** Everything that may go is sent, or the network is gone. */
export async function send(): Promise<void> {
  if (isRunning || !mayAsk("push")) return;
  isRunning = true;
  try {
    for (const photo of await due()) {
      if (!mayAsk("push")) break;
      await one(photo);
    }
  } catch (error) {
    refused(error);
  } finally {
    isRunning = false;
    progress.value = new Map();
    await count().catch(() => undefined);
  }
}

/** Declared by visits that the server has: not waiting any more, and here as a document. One that was taken for an edit goes with it. */
export async function due(): Promise<KeptPhoto[]> {
  const waiting = new Set((await mine().waiting.toArray()).filter((row) => row.collection === "visits").map((row) => row.id));
  const told = declared();
  const kept = await mine().photos.filter((photo) => photo.state === "kept").toArray();
  return kept.filter((photo) => told(photo) && !waiting.has(photo.visit_id)).sort((a, b) => a.taken_at.localeCompare(b.taken_at));
}

async function one(photo: KeptPhoto): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const upload = new Upload(photo.blob, {
      endpoint: `${location.origin}/uploads`, uploadUrl: photo.upload_url, chunkSize: PIECE, retryDelays: [500, 2_000, 5_000],
      headers: headers(), metadata: { photo_id: photo.id, sha256: photo.sha256, filename: `${photo.id}.jpg` }, storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => { void mine().photos.update(photo.id, { upload_url: upload.url }); },
      onProgress: (sent, whole) => { progress.value = new Map([[photo.id, Math.floor((sent * 100) / whole)]]); },
      onShouldRetry: (error) => [0, 409, 423, 500, 502, 503].includes(error.originalResponse?.getStatus() ?? 0),
      onError: (error) => { reject("originalResponse" in error ? asRefused(error) : error); },
      onSuccess: () => { resolve(); },
    });
    upload.start();
  }).then(async () => {
    passed();
    await mine().photos.update(photo.id, { state: "sent", sent_at: new Date().toISOString() });
    await count();
  }, async (error: unknown) => {
    if (error instanceof Refused && [404, 410].includes(error.status)) await mine().photos.update(photo.id, { upload_url: null });
    else throw error;
  });
}

interface TusError extends Error { originalResponse?: { getStatus: () => number; getHeader: (name: string) => string | undefined; getBody: () => string } | null }

function asRefused(error: TusError): Error {
  const answer = error.originalResponse;
  if (answer == null) {
    reachable.value = false;
    return new NoNetwork(String(error));
  }
  let code = "";
  try {
    code = String((JSON.parse(answer.getBody()) as { code?: string }).code ?? "");
  } catch {
    // an answer without a body says enough by its status
  }
  return new Refused(answer.getStatus(), code, "", Number(answer.getHeader("Retry-After")) || null);
}

/** Photos leave the phone a fortnight after they were sent, and those that no visit declares and no draft holds after two days. */
export async function tidy(now = Date.now()): Promise<void> {
  const drafts = new Set(await mine().drafts.toCollection().primaryKeys());
  const told = declared();
  const gone = await mine().photos.filter((photo) => {
    if (photo.state === "sent") return now - Date.parse(photo.sent_at ?? photo.taken_at) > KEPT_MS;
    return !drafts.has(photo.visit_id) && !told(photo) && now - Date.parse(photo.taken_at) > ORPHAN_MS;
  }).primaryKeys();
  await mine().photos.bulkDelete(gone);
}

/** A restored server may have lost photos of the last fortnight: they are sent again. */
export async function offerAgain(): Promise<void> {
  await mine().photos.filter((photo) => photo.state === "sent").modify({ state: "kept", upload_url: null });
  await count();
}
