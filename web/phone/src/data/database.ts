// The RxDB database of one person: a collection for each that the phone writes, and one for everything that is only told,
// keyed `collection/id` (without a licence RxDB opens 13). Opened by session.ts; nobody else knows RxDB but write.ts and sync/.
import { Dexie } from "dexie";
import { createRxDatabase, removeRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema, type RxStorage } from "rxdb/plugins/core";
import { fromDexieToStorage, getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { BOTH_WAYS, DOWN, isBothWays, type BothWays, type Collection, type Loose } from "./docs";
import * as live from "./live";
import { nameOf } from "./local";

export interface Told { key: string; collection: string; doc?: Loose }
export type Collections = Record<BothWays, RxCollection<Loose>> & { told: RxCollection<Told> };
export type Database = RxDatabase<Collections>;

const own: RxJsonSchema<Loose> = {
  version: 0, primaryKey: "id", type: "object", properties: { id: { type: "string", maxLength: 80 } }, required: ["id"],
};
const told: RxJsonSchema<Told> = {
  version: 0, primaryKey: "key", type: "object", required: ["key"],
  properties: { key: { type: "string", maxLength: 160 }, collection: { type: "string" }, doc: { type: "object", additionalProperties: true } },
};

let opened: Database | null = null;
let opening: Promise<Database> | null = null;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
let storage: RxStorage<any, any> = getRxStorageDexie();

/** Tests put another store in the place of IndexedDB. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function useStorage(other: RxStorage<any, any>): void {
  storage = other;
}

export function database(): Database {
  if (opened === null) throw new Error("nobody is signed in");
  return opened;
}

/** The database once it is open and all of it is in the live maps: whoever writes waits for that, whoever reads need not. */
export function whenOpen(): Promise<Database> {
  return opening ?? Promise.reject(new Error("nobody is signed in"));
}

export const keyOf = (collection: string, id: string): string => `${collection}/${id}`;

/** The person's documents are in the live maps, and stay there as they change. One read per RxDB collection. */
export function open(person: string): Promise<Database> {
  opening = opens(person);
  return opening;
}

async function opens(person: string): Promise<Database> {
  await opened?.close();
  opened = null;
  const made = await createRxDatabase<Collections>({ name: nameOf(person), storage, multiInstance: true, eventReduce: false });
  const schemas = Object.fromEntries(BOTH_WAYS.map((name) => [name, { schema: own }]));
  await made.addCollections({ ...schemas, told: { schema: told } });
  opened = made;
  made.eventBulks$.subscribe((bulk) => {
    const changes = new Map<Collection, Map<string, Loose | null>>();
    for (const event of bulk.events) note(changes, bulk.collectionName ?? "", event.operation === "DELETE", event.documentData as never);
    for (const [collection, some] of changes) live.apply(collection, some);
  });
  await Promise.all([rows<Told>(made.told).then(fillTold), ...BOTH_WAYS.map(async (name) => { live.fill(name, await rows<Loose>(made[name])); })]);
  return made;
}

function note(changes: Map<Collection, Map<string, Loose | null>>, from: string, gone: boolean, data: Told | Loose): void {
  let collection = from as Collection, id: string, doc: Loose | null;
  if (from === "told") {
    const slash = (data as Told).key.indexOf("/");
    collection = (data as Told).key.slice(0, slash) as Collection;
    id = (data as Told).key.slice(slash + 1);
    doc = gone ? null : ((data as Told).doc ?? null);
  } else if (isBothWays(from)) {
    id = (data as Loose).id;
    doc = gone ? null : plain(data as Loose);
  } else return;
  const some = changes.get(collection) ?? new Map<string, Loose | null>();
  changes.set(collection, some.set(id, doc));
}

/** Without what RxDB keeps beside the document. */
export function plain(data: Loose): Loose {
  const { _meta, _rev, _attachments, _deleted, ...doc } = data;
  void _meta; void _rev; void _attachments; void _deleted;
  return doc as Loose;
}

function fillTold(found: readonly Told[]): void {
  const sorted = new Map<string, Loose[]>(DOWN.map((name) => [name, []]));
  for (const row of found) {
    if (row.doc) sorted.get(row.key.slice(0, row.key.indexOf("/")))?.push(row.doc);
  }
  for (const name of DOWN) live.fill(name, sorted.get(name) ?? []);
}

interface Inside { internals?: Promise<{ dexieTable?: { toArray: () => Promise<Loose[]> } }> }

/** All rows that stand, by one `getAll` of IndexedDB: RxDB's own query walks a cursor, ten times slower for 5,000 rows. */
async function rows<T extends object>(collection: RxCollection<T>): Promise<T[]> {
  const inside = collection.internalStorageInstance.internals as unknown as Inside["internals"];
  const table = (await inside)?.dexieTable;
  if (table === undefined) return (await collection.find().exec()).map((doc) => doc.toJSON() as T);
  const found = (await table.toArray()).map((row) => fromDexieToStorage<Loose>([], row));
  return found.filter((row) => !isDeleted(row._deleted)).map((row) => plain(row) as unknown as T);
}

/** What IndexedDB has of the person is in the live maps, before RxDB is up: opening all its stores takes longer than reading
 *  them. False on a phone that has nothing yet. */
export async function preload(person: string): Promise<boolean> {
  const prefix = `rxdb-dexie-${nameOf(person)}--0--`;
  const there = new Set((await Dexie.getDatabaseNames()).filter((name) => name.startsWith(prefix)));
  if (!there.has(`${prefix}told`)) return false;
  await Promise.all(["told", ...BOTH_WAYS].filter((name) => there.has(prefix + name)).map(async (name) => {
    const found = (await everything(prefix + name)).map((row) => fromDexieToStorage<Loose>([], row)).filter((row) => !isDeleted(row._deleted)).map(plain);
    if (name === "told") fillTold(found as unknown as Told[]);
    else live.fill(name as BothWays, found);
  }));
  return true;
}

function everything(name: string): Promise<Loose[]> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name);
    asked.onerror = () => { reject(asked.error ?? new Error(name)); };
    asked.onsuccess = () => {
      const base = asked.result;
      if (!base.objectStoreNames.contains("docs")) { base.close(); resolve([]); return; }
      const rows = base.transaction("docs").objectStore("docs").getAll() as IDBRequest<Loose[]>;
      rows.onsuccess = () => { base.close(); resolve(rows.result); };
      rows.onerror = () => { base.close(); reject(rows.error ?? new Error(name)); };
    };
  });
}

const isDeleted = (flag: unknown): boolean => flag === true || flag === "1";

export async function close(): Promise<void> {
  await opening?.catch(() => undefined);
  await opened?.close();
  opened = opening = null;
  live.forget();
}

/** Nothing of this person is in the store any more; RxDB alone would leave the empty databases. */
export async function remove(person: string): Promise<void> {
  await close();
  await removeRxDatabase(nameOf(person), storage, true).catch(() => undefined);
  const left = (await Dexie.getDatabaseNames()).filter((name) => name.startsWith(`rxdb-dexie-${nameOf(person)}--`));
  await Promise.all(left.map((name) => Dexie.delete(name)));
}
