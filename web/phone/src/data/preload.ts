// What IndexedDB has of a person, in the live maps before RxDB is up: opening all its stores takes longer than reading them. For session.ts.
import { Dexie } from "dexie";
import { BOTH_WAYS, DOWN, type BothWays, type Down, type Loose } from "./docs";
import { standing, type Told } from "./keys";
import * as live from "./live";
import { nameOf } from "./local";

/** Everything is in the live maps, each collection as soon as it is read. False on a phone that has nothing yet. */
export async function preload(person: string): Promise<boolean> {
  const prefix = `rxdb-dexie-${nameOf(person)}--0--`;
  const there = new Set((await Dexie.getDatabaseNames()).filter((name) => name.startsWith(prefix)));
  if (!there.has(`${prefix}told`)) return false;
  const own = BOTH_WAYS.filter((name) => there.has(prefix + name)).map((name) => reading(prefix + name, async (base) => { fillOwn(name, await rows(base)); }));
  await Promise.all([...own, reading(`${prefix}told`, async (base) => {
    for (const name of DOWN) fillDown(name, await rows(base, IDBKeyRange.bound(`${name}/`, `${name}/\uffff`)));
  })]);
  live.isWhole.value = true;
  return true;
}

const fillOwn = (name: BothWays, found: readonly Loose[]): void => { live.fill(name, standing(found)); };
const documentsOf = (found: readonly Told[]): Loose[] => found.flatMap((row) => (row.doc === undefined ? [] : [row.doc]));
const fillDown = (name: Down, found: readonly Loose[]): void => { live.fill(name, documentsOf(standing(found) as unknown as Told[])); };

/** Rows of the one store of what is told, each into its collection. */
export function fillTold(found: readonly Told[]): void {
  const sorted = new Map<string, Told[]>(DOWN.map((name) => [name, []]));
  for (const row of found) sorted.get(row.key.slice(0, row.key.indexOf("/")))?.push(row);
  for (const name of DOWN) live.fill(name, documentsOf(sorted.get(name) ?? []));
}

function reading(name: string, read: (base: IDBDatabase) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name);
    asked.onerror = () => { reject(asked.error ?? new Error(name)); };
    asked.onsuccess = () => {
      const base = asked.result;
      read(base).then(resolve, reject).finally(() => { base.close(); });
    };
  });
}

function rows(base: IDBDatabase, range?: IDBKeyRange): Promise<Loose[]> {
  if (!base.objectStoreNames.contains("docs")) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const asked = base.transaction("docs").objectStore("docs").getAll(range) as IDBRequest<Loose[]>;
    asked.onsuccess = () => { resolve(asked.result); };
    asked.onerror = () => { reject(asked.error ?? new Error(base.name)); };
  });
}
