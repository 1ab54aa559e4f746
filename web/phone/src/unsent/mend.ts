// What the person may do about a row that was refused or lost a conflict: send hers again, or let it go (docs/sync.md).
import { ask } from "../api/client";
import { isBothWays, OWNED, type Loose } from "../data/docs";
import { all } from "../data/live";
import { mine } from "../data/local";
import { put } from "../data/write";

/** Issues that were settled on this phone while the server still lists them, by id. */
export async function settledHere(): Promise<ReadonlySet<string>> {
  return new Set((await mine().value<string[]>("settled")) ?? []);
}

async function noteSettled(id: string): Promise<void> {
  await mine().keep("settled", [...(await settledHere()), id].slice(-500));
}

/** What this phone's person wrote: of a conflict what lost, else what is on the phone still. Null where neither is here. */
export function mineOf(issue: Loose): Loose | null {
  const lost = (issue.conflict as { mine?: Loose } | null)?.mine;
  if (lost) return lost;
  if (!isBothWays(String(issue.kind))) return null;
  return (all(issue.kind as "visits").value.get(String(issue.submission_id)) as Loose | undefined) ?? null;
}

/** Her fields stand on the phone again, over what the server has, and are sent as an edit of that. */
export async function sendMine(issue: Loose): Promise<void> {
  const kind = String(issue.kind), hers = mineOf(issue);
  if (!isBothWays(kind) || hers === null) return;
  const id = String(issue.submission_id);
  const standing = (all(kind).value.get(id) as Loose | undefined) ?? { id };
  const owned = Object.fromEntries(OWNED[kind].filter((field) => hers[field] !== undefined).map((field) => [field, hers[field]]));
  await put(kind, { ...standing, ...owned, id } as never);
  await noteSettled(issue.id);
}

/** The server's stands. It is noted there where the person may, else on this phone. */
export async function letGo(issue: Loose, reason: string): Promise<void> {
  await ask(`/api/v1/quarantine/${issue.id}/dismiss`, { method: "POST", body: { reason }, headers: { "Idempotency-Key": crypto.randomUUID() } }).catch(() => undefined);
  await noteSettled(issue.id);
}

/** The fields in which two values of a document differ, of those that people own. Pure. */
export function differing(kind: string, hers: Loose | null, theirs: Loose | null): string[] {
  if (!isBothWays(kind)) return [];
  const told = (value: unknown) => JSON.stringify(value ?? null);
  return OWNED[kind].filter((field) => told(hers?.[field]) !== told(theirs?.[field]));
}
