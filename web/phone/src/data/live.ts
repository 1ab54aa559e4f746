// Whole collections in memory, as signals: filled once at start, then kept by what RxDB tells of each change.
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { BOTH_WAYS, DOWN, type Collection, type Docs, type Loose } from "./docs";
import { issues, pulling } from "./status";

type Held = ReadonlyMap<string, Loose>;
const NONE: Held = new Map();
const held = Object.fromEntries([...DOWN, ...BOTH_WAYS].map((name) => [name, signal<Held>(NONE)])) as unknown as Record<Collection, Signal<Held>>;

/** Whether the maps hold all that the phone has: at start there may be only what Today shows (data/snapshot.ts). */
export const isWhole = signal(false);

/** Everything of a collection by id; changes are seen by whoever read it. The map itself never changes. */
export function all<C extends Collection>(collection: C): ReadonlySignal<ReadonlyMap<string, Docs[C]>> {
  return held[collection] as unknown as ReadonlySignal<ReadonlyMap<string, Docs[C]>>;
}

/** Whether the phone was told its shops: before that none of them is missed. */
export const hasShops = computed(() => held.retailers.value.size > 0 && !pulling.value);

/** One document, undefined while the phone does not hold it. */
export function one<C extends Collection>(collection: C, id: string): ReadonlySignal<Docs[C] | undefined> {
  return computed(() => held[collection].value.get(id) as Docs[C] | undefined);
}

/** A collection as it was read from the store at start. */
export function fill(collection: Collection, documents: Iterable<Loose>): void {
  held[collection].value = new Map([...documents].map((doc) => [doc.id, doc]));
  if (collection === "sync_issues") openIssues();
}

/** Changes of one transaction: a document, or null where it is gone. */
export function apply(collection: Collection, changes: ReadonlyMap<string, Loose | null>): void {
  const next = new Map(held[collection].value);
  for (const [id, doc] of changes) {
    if (doc === null) next.delete(id);
    else next.set(id, doc);
  }
  held[collection].value = next;
  if (collection === "sync_issues") openIssues();
}

export function forget(): void {
  isWhole.value = false;
  for (const name of [...DOWN, ...BOTH_WAYS]) held[name].value = NONE;
  openIssues();
}

function openIssues(): void {
  issues.value = [...held.sync_issues.value.values()].filter((doc) => doc.state === "open");
}
