// How documents are named and stored in IndexedDB; for data/ and sync/. No RxDB here, so that a start need not wait for it. Pure.
import type { Loose } from "./docs";

export interface Told { key: string; collection: string; doc?: Loose }

export const keyOf = (collection: string, id: string): string => `${collection}/${id}`;

/** Without what RxDB keeps beside the document. */
export function plain(data: Loose): Loose {
  const { _meta, _rev, _attachments, _deleted, ...doc } = data;
  void _meta; void _rev; void _attachments; void _deleted;
  return doc as Loose;
}

/** RxDB's Dexie store writes the flag as text. */
export const isDeleted = (flag: unknown): boolean => flag === true || flag === "1";

/** Rows of one of RxDB's stores that stand, as documents. RxDB would copy each through and through, to give back names that
 *  begin with "|": ours have none. */
export const standing = (rows: readonly Loose[]): Loose[] => rows.filter((row) => !isDeleted(row._deleted)).map(plain);
