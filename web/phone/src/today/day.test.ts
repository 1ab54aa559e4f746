import { describe, expect, test } from "vitest";
import { daysLeft, farness, isOpen, lastPlace, mapLink, reordered, search, stopsOf, unexplained, type Shop, type Stop } from "./day";

const stop = (id: string, position: number, more: Partial<Stop> = {}): Stop => ({
  id, retailer_id: `shop-${id}`, month: "2026-11-01", on_date: "2026-11-23", position, state: "planned", miss_reason: null, words: null, reasons: [], visit_id: null,
  is_own: false, version: 1, ...more,
});
const shop = (name: string, more: Partial<Shop> = {}) => ({ id: name, name, code: "4209", licence_no: "42", holder: "毛亮海", address: "书院街道", ...more }) as Shop;

describe("the day's stops", () => {
  test("stand in their order without what was taken off", () => {
    const plan = [stop("c", 2), stop("a", 1), stop("b", 2), stop("x", 1, { state: "dropped" }), stop("y", 1, { on_date: "2026-11-24" })];
    expect(stopsOf("2026-11-23", plan).map((one) => one.id)).toEqual(["a", "b", "c"]);
    expect(lastPlace("2026-11-24", plan)).toBe(2);
    expect(lastPlace("2026-11-25", plan)).toBe(1);
  });
  test("change only the places that change, and never a stop that was served", () => {
    const day = [stop("a", 1), stop("b", 2, { state: "done" }), stop("c", 3), stop("d", 4)];
    expect(reordered(day, 2, 0)).toEqual([{ id: "c", position: 1 }, { id: "a", position: 2 }]);
    expect(reordered(day, 3, 2)).toEqual([{ id: "d", position: 3 }, { id: "c", position: 4 }]);
    expect(reordered(day, 0, 9)).toEqual([]);
  });
  test("move within their month, from today on", () => {
    expect(daysLeft(stop("a", 1), "2026-11-28")).toEqual(["2026-11-28", "2026-11-29", "2026-11-30"]);
    expect(daysLeft(stop("a", 1, { on_date: "2026-11-29" }), "2026-11-28")).toEqual(["2026-11-28", "2026-11-30"]);
    expect(daysLeft(stop("a", 1, { month: "2026-12-01", on_date: "2026-12-02" }), "2026-11-28")[0]).toBe("2026-12-01");
    expect(daysLeft(stop("a", 1), "2026-12-01")).toEqual([]);
  });
  test("ask why of those that were missed without a reason", () => {
    const plan = [stop("a", 1, { state: "missed", on_date: "2026-11-20" }), stop("b", 1, { state: "missed", on_date: "2026-11-20", miss_reason: "leave" }), stop("c", 1)];
    expect(unexplained("2026-11-23", plan).map((one) => one.id)).toEqual(["a"]);
    expect(unexplained("2026-11-23", plan, new Set(["2026-10"])).map((one) => one.id)).toEqual(["a"]);
    expect(unexplained("2026-11-23", plan, new Set(["2026-11"]))).toEqual([]);
  });
});

test("a shop is found by its name, its initials, its holder and its code, the best first", () => {
  const shops = [shop("书院北泾百货店"), shop("城北书院超市"), shop("平安烟酒店", { holder: "刘四", code: "5501", address: "新街" })];
  expect(search("sy", shops).map((one) => one.name)).toEqual(["书院北泾百货店", "城北书院超市"]);
  expect(search("烟酒", shops).map((one) => one.name)).toEqual(["平安烟酒店"]);
  expect(search("5501", shops).map((one) => one.name)).toEqual(["平安烟酒店"]);
  expect(search("ls", shops).map((one) => one.name)).toEqual(["平安烟酒店"]);
  expect(search(" ", shops)).toEqual([]);
});

test("the map gets the point, or the address", () => {
  expect(mapLink(shop("甲"), [113.951611, 30.91478])).toBe("geo:30.914780,113.951611?q=30.914780,113.951611(%E7%94%B2)");
  expect(mapLink(shop("甲"), null)).toBe("geo:0,0?q=%E7%94%B2%20%E4%B9%A6%E9%99%A2%E8%A1%97%E9%81%93");
});

test("hours may go over midnight, and distances are said in what one walks or drives", () => {
  expect(isOpen({ opens_at: "07:00:00", closes_at: "22:00:00" }, "22:00")).toBe(false);
  expect(isOpen({ opens_at: "18:00:00", closes_at: "02:00:00" }, "01:30")).toBe(true);
  expect(isOpen({ opens_at: null, closes_at: null }, "10:00")).toBeNull();
  expect([farness(644, "zh"), farness(996, "zh"), farness(3240, "zh"), farness(14_900, "en")]).toEqual(["640 米", "1.0 公里", "3.2 公里", "15 km"]);
});
