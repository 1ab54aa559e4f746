// How the steps change the draft: kept on the phone after every act, with the taps and keys that it took. Used by every step.
import { draftOf, keep } from "../data/drafts";
import { next, type Act, type VisitDraft } from "./draft";
import type { Known } from "./known";

/** What a step is given. */
export interface Here { known: Known; draft: VisitDraft; act: (...acts: Act[]) => void }

const PAUSE_MS = 3_000; // a longer wait between two keys is thinking, not typing
const pending = { typed: 0, tapped: 0, typed_ms: 0, last: 0 };

/** A key on a keyboard, or on a pad. */
export function noteKey(now = Date.now()): void {
  pending.typed += 1;
  pending.typed_ms += Math.min(PAUSE_MS, Math.max(300, now - pending.last));
  pending.last = now;
}

export function noteTap(): void {
  pending.tapped += 1;
}

/** The draft of the shop as it is after the acts; the screen follows at once, the store within the same turn. */
export function change(shopId: string, acts: readonly Act[]): VisitDraft | undefined {
  const now = draftOf<VisitDraft>(shopId).peek();
  if (now === undefined) return undefined;
  const counted: Act = { do: "count", typed: pending.typed, tapped: pending.tapped, typed_ms: pending.typed_ms };
  pending.typed = pending.tapped = pending.typed_ms = 0;
  const after = [...acts, counted].reduce(next, now);
  void keep(after);
  return after;
}
