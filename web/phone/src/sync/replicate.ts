// The replications of RxDB over the wire: one for each collection that the phone writes, and one for all that it is told,
// whose checkpoint holds one of the server's for each collection. Started and ended by sync/index.ts.
import { Subject } from "rxjs";
import { replicateRxCollection, type RxReplicationState } from "rxdb/plugins/replication";
import type { RxReplicationPullStreamItem, WithDeleted } from "rxdb/plugins/core";
import { database } from "../data/database";
import { keyOf, plain, type Told } from "../data/keys";
import { BOTH_WAYS, DOWN, isBothWays, OWNED, type BothWays, type Collection, type Down, type Loose } from "../data/docs";
import { mine } from "../data/local";
import { count, noteDeclared } from "../data/waiting";
import { lastPulledAt, pulling } from "../data/status";
import { writing } from "../data/write";
import { PAGE, pull, push, type Checkpoint, type Pulled, type Row } from "./wire";

type Checkpoints = Partial<Record<Down, Checkpoint>>;
type Stream<T, C> = Subject<RxReplicationPullStreamItem<T, C>>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const RETRY_MS = 5_000;
const AT_ONCE = 4; // pages that are asked for together
const PUSHED = 50;

let running: RxReplicationState<Any, Any>[] = [];
let own = new Map<BothWays, Stream<Loose, Checkpoint>>();
let told: Stream<Told, Checkpoints> = new Subject();

export async function start(): Promise<void> {
  await stop();
  own = new Map(BOTH_WAYS.map((name) => [name, new Subject()]));
  told = new Subject();
  running = [...BOTH_WAYS.map(bothWays), down()];
  for (const one of running) one.error$.subscribe(() => undefined); // each refusal was heard at the gate
}

export async function stop(): Promise<void> {
  const ending = running;
  running = [];
  await Promise.all(ending.map((one) => one.cancel()));
}

/** Each replication is asked to pull, and pushes what waits. */
export function resync(): void {
  for (const one of running) one.reSync();
}

/** What came over the event line. */
export function news(collection: Collection, page: Pulled | "RESYNC"): void {
  if (isBothWays(collection)) own.get(collection)?.next(page === "RESYNC" ? "RESYNC" : page as never);
  else if (page === "RESYNC") told.next("RESYNC");
  else told.next({ documents: page.documents.map((doc) => asTold(collection, doc)), checkpoint: { [collection]: page.checkpoint } });
}

function asTold(collection: string, document: Loose & { _deleted: boolean }): WithDeleted<Told> {
  const { _deleted, ...doc } = document;
  const row = { key: keyOf(collection, document.id), collection, _deleted };
  return _deleted ? row : { ...row, doc: doc as Loose };
}

function bothWays(name: BothWays): RxReplicationState<Loose, Checkpoint> {
  return replicateRxCollection<Loose, Checkpoint>({
    collection: database()[name], replicationIdentifier: `${name}/1`, live: true, retryTime: RETRY_MS, waitForLeadership: false, autoStart: true,
    pull: { batchSize: PAGE, stream$: own.get(name)?.asObservable(), handler: async (at: Checkpoint | undefined) => pulled(await pull(name, at)) } as Any,
    push: {
      batchSize: PUSHED,
      handler: async (rows) => {
        if (name === "visits") await after("quiz_attempts");
        const sent = (await asTheyStand(name, rows as unknown as Row[])).map(({ assumedMasterState, newDocumentState }) => ({
          ...(assumedMasterState === undefined ? {} : { assumedMasterState }), newDocumentState,
        }));
        const conflicts = await push(name, sent);
        await covered(name, sent.map((row) => row.newDocumentState));
        return conflicts;
      },
    },
  });
}

/** RxDB offers the same rows until they were sent. A deletion that was taken back meanwhile is not sent: the document goes in its place,
 *  and is no news to a server that still has it. */
async function asTheyStand(name: BothWays, rows: readonly Row[]): Promise<readonly Row[]> {
  const gone = rows.filter((row) => row.newDocumentState._deleted === true).map((row) => row.newDocumentState.id);
  if (gone.length === 0) return rows;
  const back = new Map((await database()[name].storageInstance.findDocumentsById(gone, false)).map((doc) => [doc.id, { ...plain(doc as unknown as Loose), _deleted: false }]));
  return rows.map((row) => ({ ...row, newDocumentState: back.get(row.newDocumentState.id) ?? row.newDocumentState }));
}

const LATEST_MS = 8_000;

/** Nothing of a collection waits any more, or it takes too long: a briefing stands once the quiz that opens it is there. */
async function after(name: BothWays): Promise<void> {
  const until = Date.now() + LATEST_MS;
  while (Date.now() < until && (await mine().waiting.where("key").startsWith(keyOf(name, "")).count()) > 0) {
    await new Promise((done) => { setTimeout(done, 100); });
  }
}

function pulled(page: Pulled): Pulled {
  lastPulledAt.value = new Date().toISOString();
  return page;
}

/** What waited waits no more where the answer covers the document as it is now. */
export async function covered(name: BothWays, sent: readonly Loose[]): Promise<void> {
  const now = await database()[name].storageInstance.findDocumentsById(sent.map((doc) => doc.id), true);
  const standing = new Map(now.map((doc) => [doc.id, JSON.stringify([doc._deleted, ownedOf(name, plain(doc as unknown as Loose))])]));
  const done = sent.filter((doc) => {
    const key = keyOf(name, doc.id);
    return !writing.has(key) && standing.get(doc.id) === JSON.stringify([Boolean(doc._deleted), ownedOf(name, plain(doc))]);
  });
  if (name === "visits") await noteDeclared(sent);
  await mine().waiting.bulkDelete(done.map((doc) => keyOf(name, doc.id)));
  await count();
}

/** The fields that the phone owns, in one order. */
export function ownedOf(name: BothWays, doc: Loose): Loose {
  const fields = OWNED[name].filter((field) => doc[field] !== undefined).map((field) => [field, doc[field]]);
  return { id: doc.id, ...Object.fromEntries(fields) } as Loose;
}

function down(): RxReplicationState<Told, Checkpoints> {
  let finished = new Set<Down>(); // of this round: a short page was its last
  return replicateRxCollection<Told, Checkpoints>({
    collection: database().told, replicationIdentifier: "told/1", live: true, retryTime: RETRY_MS, waitForLeadership: false, autoStart: true,
    pull: {
      batchSize: 1, // a round ends with an empty answer
      stream$: told.asObservable(),
      handler: async (at: Checkpoints | undefined) => {
        const { documents, checkpoint } = await round(at ?? {}, finished);
        if (documents.length === 0) {
          finished = new Set();
          pulling.value = false;
          lastPulledAt.value = new Date().toISOString();
        } else pulling.value = true;
        return { documents, checkpoint };
      },
    } as Any,
  });
}

/** The next pages of the first collections that are not finished yet; goes on until one of them has something. */
export async function round(at: Checkpoints, finished: Set<Down>): Promise<{ documents: WithDeleted<Told>[]; checkpoint: Checkpoints }> {
  const checkpoint: Checkpoints = { ...at };
  const documents: WithDeleted<Told>[] = [];
  while (documents.length === 0) {
    const next = DOWN.filter((name) => !finished.has(name)).slice(0, AT_ONCE);
    if (next.length === 0) break;
    await Promise.all(next.map(async (name) => {
      const page = await pull(name, checkpoint[name]);
      if (page.documents.length < PAGE) finished.add(name);
      checkpoint[name] = page.checkpoint;
      documents.push(...page.documents.map((doc) => asTold(name, doc)));
    }));
  }
  return { documents, checkpoint };
}
