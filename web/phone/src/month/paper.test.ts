import { expect, test } from "vitest";
import type { Docs } from "../data/docs";
import { current, grid, outcomes, papersOf, unseen, wanting, wordsOf, type Drafted, type Paper } from "./paper";

const cell = (name: string, state: Drafted["state"], needs_words = false, said = 1): Drafted => ({
  cell: name, state, needs_words, reason: null, sentences: Array.from({ length: said }, () => ({ template: "month.stops", version: 1, parameters: {} })),
});
const paper = (month: string, cells: Drafted[], person_id = "lin"): Paper => ({ id: month, kind: "manager", month, role: "account_manager", unit_id: 6, person_id, cells });
const NOVEMBER = paper("2026-11", [cell("client_analyze", "approved", true), cell("client_plan", "sent_back", true), cell("brand_evaluate", "drafted", false, 0), cell("market_improve", "drafted", true)]);

test("the month of today is worked on, and only my own are mine", () => {
  const mine = papersOf("lin", [paper("2026-10", []), paper("2026-12", []), NOVEMBER, paper("2026-11", [], "tang")]);
  expect(mine.map((one) => one.month)).toEqual(["2026-12", "2026-11", "2026-10"]);
  expect(current(mine, "2026-11-23")?.month).toBe("2026-11");
  expect(mine[1]?.cells.length).toBe(15);
  expect(mine[1]?.cells[2]).toEqual({ cell: "client_execute", state: "drafted", needs_words: false, reason: null, sentences: [] });
  expect(current(mine, "2027-01-01")?.month).toBe("2026-12");
});

test("the sign fills what is approved and marks what came back", () => {
  const rows = grid(NOVEMBER);
  expect(rows.map((row) => row.length)).toEqual([5, 5, 5]);
  expect(rows[0]?.slice(0, 3)).toEqual([{ state: 2, overdue: false }, { state: 1, overdue: true }, { state: 0 }]);
  expect(rows[1]?.[3]).toEqual({ state: 0, overdue: false });
  expect(rows[2]?.[4]).toEqual({ state: 1, overdue: false });
});

test("cells that want words are named until they have some", () => {
  const words = wordsOf("2026-11", [{ id: "w", cycle_id: "2026-11", month: "2026-11", person_id: "lin", cell: "client_plan", words: "先补陈列", state: "sent_back", needs_words: true, version: 1 }]);
  expect(wanting(NOVEMBER, new Map())).toEqual(["client_plan", "market_improve"]);
  expect(wanting(NOVEMBER, words)).toEqual(["market_improve"]);
});

test("words that the server has not seen go first, and never those of a cell that is handed in", () => {
  const told = [{ cell: "a", words: "x", state: "drafted", etag: "1" }, { cell: "b", words: "", state: "sent_back", etag: "2" }, { cell: "c", words: "", state: "submitted", etag: "3" }];
  expect(unseen(told, new Map([["a", "x"], ["b", "y"], ["c", "z"]]))).toEqual([{ cell: told[1], words: "y" }]);
});

test("outcomes count what was measured or is under way, and leave out what was dropped or never accepted", () => {
  const action = (month: string, outcome?: string, state = "accepted") => ({ month, state, result: outcome === undefined ? null : { outcome } }) as unknown as Docs["actions"];
  expect(outcomes([action("2026-10-01", "hit"), action("2026-10-01", "miss"), action("2026-10-01", "not_measurable"), action("2026-10-01"), action("2026-10-01", "hit", "dropped"), action("2026-10-01", undefined, "drafted"), action("2026-11-01", "hit")], "2026-10"))
    .toEqual({ hit: 1, miss: 1, unmeasured: 1, open: 1 });
});
