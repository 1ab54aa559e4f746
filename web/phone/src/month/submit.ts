// Hands the month in over the REST API: the words that the server has not seen go first, then what is asked for; for month/index.tsx.
import { act, get, NoNetwork, Refused } from "../api/client";
import { unseen } from "./paper";
import { w } from "./words";

type Step = "submit" | "withdraw";
const CODES = ["words_wanted", "cell_not_so", "month_locked"] as const;

/** All cells that are still mine are handed in, or with `cell` that one is handed in or taken back. `words`: by cell, as they
 *  stand on the phone. Raises what the API raises. */
export async function handIn(cycleId: string, words: ReadonlyMap<string, string>, cell: string | null, step: Step = "submit"): Promise<void> {
  const path = { id: cycleId };
  let { told } = await get("/api/v1/manager-cycles/{id}", { path });
  if (step === "submit") {
    for (const one of unseen(told.cells, words)) {
      if (cell !== null && one.cell.cell !== cell) continue;
      await act("post", "/api/v1/manager-cycles/{id}/cells/{cell}/words", { words: one.words }, { path: { id: cycleId, cell: one.cell.cell }, ifMatch: one.cell.etag });
    }
    ({ told } = await get("/api/v1/manager-cycles/{id}", { path }));
  }
  if (cell === null) {
    await act("post", "/api/v1/manager-cycles/{id}/submit", {}, { path, ifMatch: told.etag });
    return;
  }
  const ifMatch = told.cells.find((one) => one.cell === cell)?.etag ?? "";
  if (step === "submit") await act("post", "/api/v1/manager-cycles/{id}/cells/{cell}/submit", undefined, { path: { id: cycleId, cell }, ifMatch });
  else await act("post", "/api/v1/manager-cycles/{id}/cells/{cell}/withdraw", undefined, { path: { id: cycleId, cell }, ifMatch });
}

/** Why something did not work, and what to do. */
export function reasonOf(error: unknown): string {
  if (error instanceof NoNetwork) return w("offline");
  if (!(error instanceof Refused)) return w("failed", { reason: String(error) });
  if (error.code === "stale_version") return w("stale");
  const known = CODES.find((code) => code === error.code);
  return known === undefined ? w("failed", { reason: error.detail || error.code }) : w(known);
}
