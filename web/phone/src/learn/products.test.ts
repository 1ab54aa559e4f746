import { expect, test } from "vitest";
import type { Docs } from "../data/docs";
import { launched } from "./products";

const product = (product_id: number) => ({ id: `p${product_id}`, kind: "product", product_id, name: `品规${product_id}` }) as unknown as Docs["products"];
const listing = (product_id: number, from_date: string, to_date: string | null, is_launch = true) => ({ id: `k${product_id}${from_date}`, kind: "key", product_id, from_date, to_date, is_launch }) as unknown as Docs["products"];

test("what is listed as new today stands once, the newest first", () => {
  const rows = [product(1), product(2), product(3), listing(1, "2026-09-01", null), listing(1, "2026-03-01", null), listing(2, "2026-11-01", null), listing(3, "2026-11-01", null, false), listing(3, "2026-06-01", "2026-11-23"), listing(9, "2026-11-01", null)];
  expect(launched(rows, "2026-11-23").map(({ product: one, since }) => [one.product_id, since])).toEqual([[2, "2026-11-01"], [1, "2026-09-01"]]);
  expect(launched(rows, "2026-10-01").map(({ product: one }) => one.product_id)).toEqual([1, 3]);
});
