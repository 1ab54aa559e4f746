// What Today is drawn from at a start: the next days, their shops, and no more of the words than their reasons need.
import { beforeEach, expect, test } from "vitest";
import type { Collection, Loose } from "./docs";
import { fill, forget } from "./live";
import { taken } from "./snapshot";

const put = (collection: Collection, ...docs: Loose[]) => { fill(collection, docs); };
const stop = (id: string, on_date: string, more: Partial<Loose> = {}): Loose => ({ id, retailer_id: `shop-${id}`, on_date, state: "planned", miss_reason: null, reasons: [], ...more });

beforeEach(forget);

test("five days are kept, what was missed without a reason, their shops and what their reasons say", () => {
  put("plan", stop("a", "2026-11-23", { reasons: [{ kind: "finding", id: "f" }, { kind: "rule", code: "due" }] }), stop("b", "2026-11-27"), stop("c", "2026-11-28"), stop("d", "2026-11-20", { state: "missed" }), stop("e", "2026-11-20", { state: "done" }));
  put("retailers", ...["a", "b", "c", "d"].map((id) => ({ id: `shop-${id}` })));
  put("findings", { id: "f", template: "client.silent", template_version: 2 }, { id: "g", template: "x", template_version: 1 });
  put("settings", { id: "s", kind: "sentences", values: { "client.silent@2": ["甲", "a"], "stop.due@1": ["乙", "b"], "x@1": ["丙", "c"] } }, { id: "d", kind: "defaults", values: { limit: 3 } });
  const held = taken("2026-11-23"), ids = (collection: Collection) => (held[collection] ?? []).map((one) => one.id);
  expect([ids("plan"), ids("retailers"), ids("findings"), ids("improvements")]).toEqual([["a", "b", "d"], ["shop-a", "shop-b"], ["f"], []]);
  expect(held.settings).toEqual([{ id: "s", kind: "sentences", values: { "client.silent@2": ["甲", "a"], "stop.due@1": ["乙", "b"] } }]);
});
