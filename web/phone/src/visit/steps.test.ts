// Which steps appear, and why; what the phone knows of a shop. The live maps are filled by hand.
import { beforeEach, describe, expect, it } from "vitest";
import type { Collection, Loose } from "../data/docs";
import { fill, forget } from "../data/live";
import { graded } from "../learn/graded";
import { begun, next } from "./draft";
import { knownOf, type Known } from "./known";
import { missing, spare, stepsOf } from "./steps";

const SHOP: Loose = { id: "s", name: "店", holder: "王", address: "", territory_id: 1, lon: 114.35, lat: 30.55, datum: "WGS-84", market_type: "C", business_type: "Z", terminal_type: "ordinary", tier: 12, licence_valid_until: "2027-01-01", contacts: [] };
const all = { terminal_types: [], market_types: [], business_types: [], tier_from: null, tier_to: null };
const draft = begun({ id: "v", shop_id: "s", at: "2026-03-16T01:00:00.000Z", place: null, no_place: "", stop_id: null, template_version_id: null });
const put = (collection: Collection, ...docs: Loose[]) => { fill(collection, docs); };
const known = (of = draft): Known => {
  const found = knownOf("s", of, "me");
  if (found === null) throw new Error("no shop");
  return found;
};
const names = (of = draft) => stepsOf(known(of), of).map((step) => step.name);
const why = (name: string, of = draft) => stepsOf(known(of), of).find((step) => step.name === name)?.why;
const looked: Loose = { id: "old", retailer_id: "s", started_at: "2026-03-10T01:00:00Z", compliance: { tags_shown: 3 }, observations: [], briefings: [], photos: [] };

beforeEach(() => {
  forget();
  put("retailers", SHOP);
  put("visits", looked);
});

describe("steps", () => {
  it("are arrival and leaving alone where nothing is asked", () => {
    expect(names()).toEqual(["start", "end"]);
    expect(spare(known(), draft)).toEqual(["tags", "goods", "policies", "pitches", "talk", "intelligence", "training"]);
  });
  it("come with a template, a task, a promise, a key product, a policy, each with its reason", () => {
    put("templates", { id: "t", version_id: 7, template_id: 3, unit_id: 1, from_date: "2024-01-01", to_date: null, items: [], ...all });
    put("display_tasks", { id: "d", retailer_id: "s", kind: "tags", item_code: "price_tags", closed_on: null }, { id: "e", retailer_id: "other", kind: "item", closed_on: null });
    put("promises", { id: "p", retailer_id: "s", state: "open", due_on: "2026-03-20" }, { id: "q", retailer_id: "s", state: "kept", due_on: "2026-03-20" });
    put("products", { id: "1", kind: "product", product_id: 11, name: "红金龙" }, { id: "2", kind: "key", product_id: 11, from_date: "2026-01-01", to_date: null, is_launch: true });
    put("policies", { id: "o", version_id: 21, title: "x", released_at: "2026-03-01T00:00:00Z", superseded_at: null, recalled_at: null, brief_by: null, quiz: [], shop_quiz: [], ...all });
    expect(stepsOf(known(), draft).map((step) => [step.name, step.why, step.count])).toEqual([
      ["start", ["always"], 0], ["display", ["template"], 0], ["tags", ["tasks"], 1], ["goods", ["key"], 1], ["policies", ["to_brief"], 1], ["pitches", ["launch"], 1],
      ["talk", ["promises"], 1], ["end", ["always"], 0],
    ]);
  });
  it("look at tags and licence once in four weeks, and when the licence ends soon", () => {
    expect(why("tags")).toBeUndefined();
    put("visits", { ...looked, started_at: "2026-02-16T01:00:00Z" });
    expect(why("tags")).toEqual(["looked_long_ago"]);
    put("visits", looked);
    put("retailers", { ...SHOP, licence_valid_until: "2026-04-15" });
    expect(why("tags")).toEqual(["licence"]);
  });
  it("stay once they were added, or tell something", () => {
    const added = next(draft, { do: "go", step: "training" });
    expect(why("training", added)).toEqual(["chosen"]);
    expect(why("training", next(added, { do: "trainings", all: [{ topic: "网上订货", minutes: 5 }] }))).toEqual(["told"]);
  });
});

describe("what the phone knows", () => {
  const policy = { id: "o", version_id: 21, title: "x", released_at: "2026-03-01T00:00:00Z", superseded_at: null, recalled_at: null, brief_by: null, quiz: [{}], shop_quiz: [], ...all };
  it("asks for the quiz before a policy may be briefed, and not twice for what was told", () => {
    put("policies", policy);
    expect([known().toBrief.length, known().gated.length]).toEqual([0, 1]);
    put("quiz_attempts", { id: "a", version_id: 21, person_id: "somebody", passed: true });
    expect(known().gated.length).toBe(1);
    put("quiz_attempts", { id: "a", version_id: 21, person_id: "me", passed: true });
    expect([known().toBrief.length, known().gated.length]).toEqual([1, 0]);
    put("visits", { ...looked, briefings: [{ policy_version_id: 21 }] });
    expect([known().toBrief.length, known().gated.length]).toEqual([0, 0]);
  });
  it("takes a quiz that nobody graded for no pass, until the phone or the server says so", () => {
    put("policies", policy);
    put("quiz_attempts", { id: "a", version_id: 21, answers: [] });
    expect([known().toBrief.length, known().gated.length]).toEqual([0, 1]);
    graded.value = new Map([["a", true]]);
    expect([known().toBrief.length, known().gated.length]).toEqual([1, 0]);
    graded.value = new Map();
  });
  it("leaves out what may have been told before the five visits that it knows, and keeps what may not", () => {
    const visit = (on_date: string): Loose => ({ id: on_date, on_date, briefed: [], seen: [], failed: [], checked: 0 });
    const days = ["2026-03-14", "2026-03-12", "2026-03-10", "2026-03-08", "2026-03-06"];
    put("policies", { ...policy, id: "1", quiz: [], brief_by: "2026-03-05T00:00:00Z" }, { ...policy, id: "2", version_id: 22, quiz: [], brief_by: "2026-03-20T00:00:00Z" });
    put("recent_visits", { id: "s", visits: days.slice(0, 4).map(visit) });
    expect(known().toBrief.map((one) => one.version_id)).toEqual([21, 22]);
    put("recent_visits", { id: "s", visits: days.map(visit) });
    expect(known().toBrief.map((one) => one.version_id)).toEqual([22]);
  });
  it("asks for what is to be told now; what was due long ago is only offered again", () => {
    put("policies", { ...policy, id: "1", quiz: [], brief_by: "2026-01-30T00:00:00Z" }, { ...policy, id: "2", version_id: 22, quiz: [], brief_by: "2026-01-29T00:00:00Z" }, { ...policy, id: "3", version_id: 23, quiz: [], released_at: "2025-06-01T00:00:00Z" });
    expect([known().toBrief.map((one) => one.version_id), known().policies.length]).toEqual([[21], 3]);
  });
  it("leaves out policies of other classes, recalled ones and those to come", () => {
    put("policies", { ...policy, id: "1", market_types: ["X"] }, { ...policy, id: "2", recalled_at: "2026-03-02" }, { ...policy, id: "3", tier_from: 20 }, { ...policy, id: "4", released_at: "2026-03-20T00:00:00Z" });
    expect(known().policies).toEqual([]);
  });
  it("takes the template of the nearest unit, then the closest, then the newest", () => {
    const template = { template_id: 3, unit_id: 1, level: 2, from_date: "2024-01-01", to_date: null, items: [], ...all };
    const rows = [{ ...template, id: "1", version_id: 1 }, { ...template, id: "2", version_id: 2, market_types: ["C"] }, { ...template, id: "3", version_id: 3, level: 3 }, { ...template, id: "4", version_id: 4, level: 3, terminal_types: ["modern"] }, { ...template, id: "5", version_id: 5, level: 4, to_date: "2026-03-16" }];
    put("templates", ...rows);
    expect(known().template?.version_id).toBe(3);
    put("templates", ...rows.slice(0, 2));
    expect(known().template?.version_id).toBe(2);
  });
  it("holds a check against the last one that counts, by the same template", () => {
    const items = [{ code: "a", kind: "yes_no", weight: 1 }];
    put("templates", { id: "1", version_id: 1, template_id: 3, unit_id: 1, from_date: "2024-01-01", to_date: null, items, ...all });
    const check = (answer: boolean) => ({ check: { template_version_id: 1, answers: [{ item: "a", answer }] } });
    expect(known().before).toEqual({ isFirst: true, failed: false });
    put("visits", { ...looked, ...check(true), presence: "valid" }, { ...looked, id: "newer", started_at: "2026-03-12T01:00:00Z", ...check(false), presence: "to_verify" });
    expect(known().before).toEqual({ isFirst: false, failed: false });
    put("visits", { ...looked, ...check(false), presence: "valid" });
    expect([known().before, known().lastAnswers.get("a")]).toEqual([{ isFirst: false, failed: true }, { answer: false, on_date: "2026-03-10" }]);
  });
  it("takes the limit of the nearest unit that set one", () => {
    put("settings", { id: "0", kind: "defaults", level: 0, values: { "visits.near_m_urban": 200 } }, { id: "2", kind: "values", level: 4, values: { "visits.near_m_urban": 150 } }, { id: "1", kind: "values", level: 2, values: { "visits.near_m_urban": 300 } });
    expect(known().limit_m).toBe(150);
  });
});

describe("what is missing", () => {
  const at = (lon: number) => next(draft, { do: "say", what: { place: { lon, lat: 30.55, datum: "WGS-84", accuracy_m: 10 } } });
  it("is nothing at the shop, why and a photo away from it, why without a position", () => {
    expect(missing(known(at(114.35)), at(114.35))).toEqual([]);
    expect(missing(known(at(114.37)), at(114.37))).toEqual(["away_reason", "away_photo"]);
    expect(missing(known(), draft)).toEqual(["place_reason"]);
  });
});

it("knows what accepted actions of the month say to recommend at the shop", () => {
  put("products", { id: "1", kind: "product", product_id: 11, name: "红金龙" }, { id: "3", kind: "product", product_id: 12, name: "玉溪" });
  const action = (id: string, product: number, more: object = {}): Loose => ({ id, retailer_id: "s", month: "2026-03-01", serves: "pitch", state: "accepted", result: null, parameters: { product_ids: [product, 99] }, ...more });
  put("actions", action("a", 12), action("b", 11, { state: "drafted" }), action("c", 11, { month: "2026-02-01" }), action("d", 11, { retailer_id: "t" }), action("e", 11, { serves: "check" }));
  expect(known().wanted).toEqual([12]);
});
