// The RxDB database of one person: a collection for each that the phone writes, and one for everything that is only told,
// keyed `collection/id` (without a licence RxDB opens 13). Opened by session.ts; nobody else knows RxDB but write.ts and sync/.
import { Dexie } from "dexie";
import { createRxDatabase, removeRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema, type RxStorage } from "rxdb/plugins/core";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { BOTH_WAYS, isBothWays, type BothWays, type Collection, type Loose } from "./docs";
import { plain, standing, type Told } from "./keys";
import * as live from "./live";
import { nameOf } from "./local";
import { opens as opening, whenOpen } from "./opening";
import { fillTold } from "./preload";

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

/** The person's documents are in the live maps, and stay there as they change. One read per RxDB collection. */
export function open(person: string): Promise<Database> {
  const made = opens(person);
  opening(made);
  return made;
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
  live.isWhole.value = true;
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

interface Inside { internals?: Promise<{ dexieTable?: { toArray: () => Promise<Loose[]> } }> }

/** All rows that stand, by one `getAll` of IndexedDB: RxDB's own query walks a cursor, ten times slower for 5,000 rows. */
async function rows<T extends object>(collection: RxCollection<T>): Promise<T[]> {
  const inside = collection.internalStorageInstance.internals as unknown as Inside["internals"];
  const table = (await inside)?.dexieTable;
  if (table === undefined) return (await collection.find().exec()).map((doc) => doc.toJSON() as T);
  return standing(await table.toArray()) as unknown as T[];
}

export async function close(): Promise<void> {
  await whenOpen().catch(() => undefined);
  await opened?.close();
  opened = null;
  opening(null);
  live.forget();
}

/** Nothing of this person is in the store any more; RxDB alone would leave the empty databases. */
export async function remove(person: string): Promise<void> {
  await close();
  await removeRxDatabase(nameOf(person), storage, true).catch(() => undefined);
  const left = (await Dexie.getDatabaseNames()).filter((name) => name.startsWith(`rxdb-dexie-${nameOf(person)}--`));
  await Promise.all(left.map((name) => Dexie.delete(name)));
}
