// The three ways to change a document, kept at once and sent when there is a network; used by every screen that writes.
import type { RxDocument } from "rxdb/plugins/core";
import { keyOf } from "./keys";
import type { BothWays, Docs, Loose } from "./docs";
import { mine } from "./local";
import { whenOpen } from "./opening";
import { count } from "./waiting";

/** Keys that are being written just now: an answer to an older push says nothing about them. */
export const writing = new Map<string, number>();

/** The document stands on the phone as it is given, whole, and waits to be sent. */
export async function put<C extends BothWays>(collection: C, doc: Docs[C]): Promise<void> {
  await noted(collection, doc.id, async () => {
    await (await whenOpen())[collection].incrementalUpsert(doc as Loose);
  });
}

/** The named fields hold other values. Throws where the phone does not hold the document. */
export async function change<C extends BothWays>(collection: C, id: string, patch: Partial<Docs[C]>): Promise<void> {
  await noted(collection, id, async () => {
    await (await found(collection, id)).incrementalPatch(patch as Partial<Loose>);
  });
}

/** The document is gone here, and there once it was sent. */
export async function takeBack(collection: BothWays, id: string): Promise<void> {
  await noted(collection, id, async () => {
    await (await found(collection, id)).incrementalRemove();
  });
}

async function found(collection: BothWays, id: string): Promise<RxDocument<Loose>> {
  const doc = await (await whenOpen())[collection].findOne(id).exec();
  if (doc === null) throw new Error(`no ${collection}/${id} here`);
  return doc;
}

async function noted(collection: BothWays, id: string, act: () => Promise<void>): Promise<void> {
  const key = keyOf(collection, id);
  writing.set(key, (writing.get(key) ?? 0) + 1);
  try {
    await whenOpen(); // in the first moment of a start nothing of the person's is open yet
    const before = await mine().waiting.get(key);
    await mine().waiting.put(before ?? { key, collection, id, since: new Date().toISOString() });
    try {
      await act();
    } catch (error) {
      if (before === undefined) await mine().waiting.delete(key);
      throw error;
    }
  } finally {
    const left = (writing.get(key) ?? 1) - 1;
    if (left > 0) writing.set(key, left);
    else writing.delete(key);
  }
  await count();
}
