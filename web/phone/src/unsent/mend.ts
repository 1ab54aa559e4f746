// What the person may do about a row that was refused or lost a conflict: send hers again, or let it go (docs/sync.md).
import { act } from "../api/client";
import { isBothWays, OWNED, type Loose } from "../data/docs";
import { all } from "../data/live";
import { mine } from "../data/local";
import { put } from "../data/write";
import { t } from "../words";

/** Issues that were settled on this phone while the server still lists them, by id. */
export async function settledHere(): Promise<ReadonlySet<string>> {
  return new Set((await mine().value<string[]>("settled")) ?? []);
}

async function noteSettled(id: string): Promise<void> {
  await mine().keep("settled", [...(await settledHere()), id].slice(-500));
}

/** The collection that a refused row is of: a visit is kept by the name that it has whichever way it came. */
export const collectionOf = (issue: Loose): string => (issue.kind === "visit" ? "visits" : String(issue.kind));

/** What was refused, in a word. */
export function kindOf(issue: Loose): string {
  const collection = collectionOf(issue);
  return isBothWays(collection) ? t(collection) : collection;
}

/** What this phone's person wrote: of a conflict what lost, else what is on the phone still. Null where neither is here. */
export function mineOf(issue: Loose): Loose | null {
  const lost = (issue.conflict as { mine?: Loose } | null)?.mine;
  if (lost) return lost;
  const collection = collectionOf(issue);
  if (!isBothWays(collection)) return null;
  return (all(collection).value.get(String(issue.submission_id)) as Loose | undefined) ?? null;
}

/** Her fields stand on the phone again, over what the server has, and are sent as an edit of that. */
export async function sendMine(issue: Loose): Promise<void> {
  const kind = collectionOf(issue), hers = mineOf(issue);
  if (!isBothWays(kind) || hers === null) return;
  const id = String(issue.submission_id);
  const standing = (all(kind).value.get(id) as Loose | undefined) ?? { id };
  const owned = Object.fromEntries(OWNED[kind].filter((field) => hers[field] !== undefined).map((field) => [field, hers[field]]));
  await put(kind, { ...standing, ...owned, id } as never);
  await noteSettled(issue.id);
}

/** The server's stands: the issue is settled there, and here at once. Raises what the API raises. */
export async function letGo(issue: Loose, reason: string): Promise<void> {
  await act("post", "/api/v1/quarantine/{id}/dismiss", { reason }, { path: { id: issue.id } });
  await noteSettled(issue.id);
}

/** What was let go is open again. Raises what the API raises: it is too late ten minutes after. */
export async function reopen(issue: Loose): Promise<void> {
  await act("post", "/api/v1/quarantine/{id}/reopen", {}, { path: { id: issue.id } });
  await mine().keep("settled", [...(await settledHere())].filter((id) => id !== issue.id));
}

export const UNDONE_MS = 10 * 60_000; // docs/decisions/0025

/** Whether an issue was let go so lately that this can be taken back; the server decides. Pure. */
export const isUndoable = (issue: Loose, now: number): boolean =>
  issue.state === "dismissed" && typeof issue.settled_at === "string" && now - Date.parse(issue.settled_at) < UNDONE_MS;

/** The fields in which two values of a document differ, of those that people own. Pure. */
export function differing(kind: string, hers: Loose | null, theirs: Loose | null): string[] {
  if (!isBothWays(kind)) return [];
  const told = (value: unknown) => JSON.stringify(value ?? null);
  return OWNED[kind].filter((field) => told(hers?.[field]) !== told(theirs?.[field]));
}
