// The end of a visit: what the draft tells becomes documents that wait to be sent, then the draft is gone. A kill in between loses
// nothing: the draft stays until everything stands, and doing it again writes the same documents under the same ids.
import { drop } from "../data/drafts";
import { all } from "../data/live";
import type { Docs } from "../data/docs";
import { change, put } from "../data/write";
import { dayOf } from "../time";
import type { VisitDraft } from "./draft";
import type { Item } from "./shapes";
import { toWire } from "./wire";

/** Everything the visit told waits to be sent. `draft` has ended. */
export async function finish(draft: VisitDraft, items: readonly Item[]): Promise<void> {
  const on = dayOf(draft.started_at), told = toWire(draft, items, on);
  const standing = all("visits").value.get(draft.id); // what the server says of it stays beside what is told
  await put("visits", { ...standing, ...told.visit } as unknown as Docs["visits"]);
  for (const need of told.needs) await put("needs", need as unknown as Docs["needs"]);
  for (const promise of told.promises) await put("promises", promise as unknown as Docs["promises"]);
  for (const [id, how] of Object.entries(draft.settledPromises)) {
    if (all("promises").value.has(id)) await change("promises", id, { state: how.state, settled_on: on, outcome: how.outcome } as Partial<Docs["promises"]>);
  }
  for (const [id, how] of Object.entries(draft.settledNeeds)) {
    if (all("needs").value.has(id)) await change("needs", id, { closed_on: on, outcome: how.outcome } as Partial<Docs["needs"]>);
  }
  await drop(draft.id);
}
