// Pull and push of one collection as docs/sync.md has them: addresses, checkpoints, and what an answer means. No RxDB here.
import { ask } from "../api/client";
import type { Collection, Loose } from "../data/docs";
import { isCancelled, mayAsk, passed, refused } from "./gate";

export interface Checkpoint { id: string; lwt: number }
export interface Pulled { documents: (Loose & { _deleted: boolean })[]; checkpoint: Checkpoint }
export interface Row { assumedMasterState?: Loose; newDocumentState: Loose }
export const PAGE = 200;

/** Not asked at all, because an earlier answer said to wait or to stop. */
export class Held extends Error {}

/** The next page after a checkpoint; a page of fewer than PAGE is the last. Empty of a collection that is not ours to read. */
export async function pull(collection: Collection, at: Checkpoint | undefined, signal?: AbortSignal): Promise<Pulled> {
  const from = at ?? { id: "", lwt: 0 };
  if (isCancelled(collection)) return { documents: [], checkpoint: from };
  if (!mayAsk("pull")) throw new Held("pull");
  const query = new URLSearchParams({ lwt: String(from.lwt), id: from.id, limit: String(PAGE) });
  try {
    const answer = await ask(`/sync/${collection}/1/pull?${query}`, signal === undefined ? {} : { signal });
    const told = await answer.json() as Pulled;
    passed();
    return told;
  } catch (error) {
    refused(error, collection);
    if (isCancelled(collection)) return { documents: [], checkpoint: from };
    throw error;
  }
}

/** Rows go up; what comes back are the server's documents of those that conflict. Nulls and what is undefined are one. */
export async function push(collection: Collection, rows: readonly Row[]): Promise<(Loose & { _deleted: boolean })[]> {
  if (!mayAsk("push")) throw new Held("push");
  try {
    const answer = await ask(`/sync/${collection}/1/push`, { method: "POST", body: rows });
    const told = await answer.json() as (Loose & { _deleted: boolean })[];
    passed();
    return told;
  } catch (error) {
    refused(error);
    throw error;
  }
}
