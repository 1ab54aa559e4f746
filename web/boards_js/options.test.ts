import { describe, expect, it } from "vitest";
import type { Look } from "./axes";
import { heightOf, optionOf } from "./options";
import { bounds, exact, floor, type Series, short, type Spec } from "./spec";

const look: Look = {
  ink: "#111", quiet: "#555", paper: "#fff", line: "#ddd", shade: "#eee", idle: "#ccc", series: ["#00f", "#f80"],
  quietSeries: "#999", map: ["#eef", "#ddf", "#ccf", "#bbf", "#aaf"], type: "sans-serif", english: false, narrow: false,
};
const line = (values: (number | null)[], role: Series["role"] = ""): Series => ({ name: "销量", role, values });
const spec = (more: Partial<Spec>): Spec => ({
  kind: "lines", title: "各月销量", measure: "条", places: 0, labels: ["2026-01", "2026-02", "2026-03"], series: [],
  links: [], codes: [], shapes: "", shades: [], reference: null, ...more,
});

describe("numbers", () => {
  it("are written as on the page", () => {
    expect([exact(1234.5, 2), exact(0, 0), exact(null, 1)]).toEqual(["1,234.50", "0", "–"]);
  });
  it("are short on an axis, in the reader's way of counting", () => {
    expect([short(123_456, false), short(234_000_000, false), short(9_999, false)]).toEqual(["12.3万", "2.3亿", "9,999"]);
    expect([short(123_456, true), short(2_340_000, true)]).toEqual(["123.5k", "2.3m"]);
  });
});

describe("an axis", () => {
  it("of a line begins at zero unless its values lie far from it", () => {
    expect(floor([line([10, 100, null])])).toBe(0);
    expect(floor([line([98, 100, 101])])).toBe(96);
    expect(floor([line([null])])).toBe(0);
    expect(bounds([line([3, null]), line([1, 9])])).toEqual([1, 9]);
  });
  it("of bars always begins at zero, but for values below it", () => {
    const axis = (values: number[]): unknown => (optionOf(spec({ kind: "bars", series: [line(values)] }), look)["xAxis"] as { min: unknown }).min;
    expect([axis([98, 99, 100]), axis([-3, 4, 5])]).toEqual([0, null]);
  });
});

describe("a chart", () => {
  it("shades the festival from the month before to the month after", () => {
    const made = optionOf(spec({ series: [line([1, 2, 3])], shades: [[1, 1, "春节"]] }), look);
    const [first] = made["series"] as { markArea: { data: unknown } }[];
    expect(first?.markArea.data).toEqual([[{ name: "春节", xAxis: "2026-01" }, { xAxis: "2026-03" }]]);
  });
  it("names each line at its end and needs no legend; what is compared with is quiet and dashed", () => {
    const made = optionOf(spec({ series: [line([1, 2, 3]), line([1, 1, 1], "quiet")] }), look);
    const [now, before] = made["series"] as { endLabel: { show: boolean }; lineStyle: { type: string }; itemStyle: { color: string } }[];
    expect([now?.endLabel.show, now?.lineStyle.type, before?.lineStyle.type, before?.itemStyle.color]).toEqual([true, "solid", "dashed", "#999"]);
    expect(made["legend"]).toBeUndefined();
  });
  it("of spreads shows the guide price even where nobody asked it", () => {
    const series = [100, 110, 120, 130, 140].map((value) => line([value]));
    const made = optionOf(spec({ kind: "range", labels: ["甲县"], series, reference: { name: "指导价", value: 90 } }), look);
    expect((made["xAxis"] as { min: number }).min).toBeLessThan(90);
  });
  it("paints a county without a value as idle, not as the least", () => {
    const made = optionOf(spec({ kind: "map", labels: ["甲", "乙"], codes: ["1", "2"], series: [line([5, null])] }), look);
    const [drawn] = made["series"] as { data: { value: number }[] }[];
    expect([drawn?.data[0]?.value, Number.isNaN(drawn?.data[1]?.value)]).toEqual([5, true]);
  });
  it("is as high as its bars need", () => {
    expect([heightOf(spec({ kind: "bars", series: [line([1])] })), heightOf(spec({}))]).toEqual([48 + 3 * 26, null]);
  });
});
