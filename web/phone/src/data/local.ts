// What this phone keeps for itself: drafts, photos, what waits to be sent, and a few values. One IndexedDB for each person
// (`open`), one for the phone (`phone`). Written at once: a killed app loses nothing.
import { Dexie, type Table } from "dexie";

export interface KeptDraft { id: string; shop_id: string; changed_at: string; draft: unknown }
export interface KeptPhoto {
  id: string; visit_id: string; kind: string; line: string; sha256: string; bytes: number; taken_at: string; type: string;
  blob: Blob; state: "kept" | "sent"; upload_url: string | null; sent_at: string | null;
  /** Whether the visit as the server last took it declares the photo: that stands also when the visit leaves the phone with its shop. */
  declared?: boolean;
}
/** A change that no answer of the server has covered yet. */
export interface Waiting { key: string; collection: string; id: string; since: string }
interface Value { key: string; value: unknown }

export class Local extends Dexie {
  drafts!: Table<KeptDraft, string>;
  photos!: Table<KeptPhoto, string>;
  waiting!: Table<Waiting, string>;
  values!: Table<Value, string>;

  constructor(name: string) {
    super(name);
    this.version(1).stores({ drafts: "id, shop_id", photos: "id, visit_id", waiting: "key", values: "key" });
  }

  async value<T>(key: string): Promise<T | undefined> {
    return (await this.values.get(key))?.value as T | undefined;
  }

  async keep(key: string, value: unknown): Promise<void> {
    await this.values.put({ key, value });
  }
}

export const phone = new Local("field135");
let opened: Local | null = null;

export const nameOf = (person: string): string => `field135-${person}`;

/** The store of the person who is signed in. Throws before somebody is. */
export function mine(): Local {
  if (opened === null) throw new Error("nobody is signed in");
  return opened;
}

export async function open(person: string): Promise<Local> {
  opened?.close();
  opened = new Local(nameOf(person));
  await opened.open();
  return opened;
}
