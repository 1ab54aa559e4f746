// Unfinished visits: each change is in IndexedDB when `keep` resolves, so that a killed app goes on where it was.
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { mine } from "./local";

/** What a draft has at least; the visit screen keeps its own fields beside these. `id` is the visit's submission_id, `shop_name` that of
 *  the check-in: the shop may leave the phone before its visit does. */
export interface Draft { readonly id: string; readonly shop_id: string; readonly shop_name?: string }

const drafts = signal<ReadonlyMap<string, { draft: Draft; changed_at: string }>>(new Map());

/** The draft of a shop, undefined where there is none. */
export function draftOf<D extends Draft = Draft>(shopId: string): ReadonlySignal<D | undefined> {
  return computed(() => drafts.value.get(shopId)?.draft as D | undefined);
}

/** All of them, the latest first. */
export const open = computed(() => [...drafts.value.values()].sort((a, b) => b.changed_at.localeCompare(a.changed_at)));

/** The draft is on the phone as it is now; what is on the screen changes at once. */
export async function keep(draft: Draft): Promise<void> {
  const changed_at = new Date().toISOString();
  drafts.value = new Map(drafts.value).set(draft.shop_id, { draft, changed_at });
  await mine().drafts.put({ id: draft.id, shop_id: draft.shop_id, changed_at, draft });
}

/** The draft is gone. Its photos stay: they belong to a visit that was stored, or leave a day later. */
export async function drop(id: string): Promise<void> {
  drafts.value = new Map([...drafts.value].filter(([, kept]) => kept.draft.id !== id));
  await mine().drafts.delete(id);
}

export async function load(): Promise<void> {
  const rows = await mine().drafts.orderBy("id").toArray();
  rows.sort((a, b) => a.changed_at.localeCompare(b.changed_at));
  drafts.value = new Map(rows.map((row) => [row.shop_id, { draft: row.draft as Draft, changed_at: row.changed_at }]));
}

/** As they were when the app was left, until the store was read. */
export function show(kept: readonly { draft: Draft; changed_at: string }[]): void {
  drafts.value = new Map([...kept].reverse().map((one) => [one.draft.shop_id, one]));
}

export function forget(): void {
  drafts.value = new Map();
}
