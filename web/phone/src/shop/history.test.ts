import { expect, test } from "vitest";
import { bought, daysTo, knownSince, lastTwo, seenSeries, stillToBrief } from "./history";

type Recent = Parameters<typeof seenSeries>[0][number];
const visit = (on_date: string, seen: Recent["seen"]) => ({ on_date, started_at: `${on_date}T02:00:00+00:00`, seen }) as Recent;

test("what was seen of a product stands in the order of the visits, with gaps", () => {
  const series = seenSeries([visit("2026-11-17", [[12, 0, null], [25, 60, 9700]]), visit("2026-11-10", [[25, 40, 9600]]), visit("2026-11-03", []), visit("2026-10-20", [[25, null, 9500], [7, null, null]])]);
  expect(series).toEqual([
    { product_id: 25, stock: [null, 40, 60], price: [9500, 9600, 9700], days: ["2026-10-20", "2026-11-10", "2026-11-17"] },
    { product_id: 12, stock: [null, null, 0], price: [null, null, null], days: ["2026-10-20", "2026-11-10", "2026-11-17"] },
  ]);
  expect(lastTwo(series[0]?.price ?? [])).toEqual([9700, 9600]);
  expect(lastTwo([null])).toEqual([null, null]);
});

test("thirteen months end with this one, and months without orders count as none", () => {
  const told = bought([{ month: "2026-01", cartons: 461, amount_fen: 9035950, orders: 3, visits: 5 }], "2026-02");
  expect(told.length).toBe(13);
  expect(told[0]?.month).toBe("2025-02");
  expect(told.slice(-2)).toEqual([{ month: "2026-01", cartons: 461, amount_fen: 9035950 }, { month: "2026-02", cartons: 0, amount_fen: 0 }]);
});

test("a policy from before the visits that are known is not asked for", () => {
  const policy = (name: string, brief_by: string | null, released_at = "2026-01-01T00:00:00Z") => ({ name, brief_by, released_at });
  const rows = [policy("old", "2026-09-15"), policy("due", "2026-11-15"), policy("undated", null), policy("undated, new", null, "2026-11-01T00:00:00Z")];
  expect(stillToBrief(rows, "2026-10-20").map((one) => one.name)).toEqual(["due", "undated, new"]);
  expect(stillToBrief(rows, null).length).toBe(4);
});

test("of a shop that was seen less than five times in half a year the phone knows all visits", () => {
  const days = ["2026-11-17", "2026-11-10", "2026-10-20", "2026-10-01", "2026-09-12"].map((on_date) => ({ on_date }));
  expect([knownSince(days), knownSince(days.slice(0, 4)), knownSince([])]).toEqual(["2026-09-12", null, null]);
});

test("days are counted over the end of a month", () => {
  expect([daysTo("2026-12-02", "2026-11-23"), daysTo("2026-11-20", "2026-11-23")]).toEqual([9, -3]);
});
