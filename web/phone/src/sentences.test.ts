import { expect, test } from "vitest";
import { fill, say } from "./sentences";
import { fill as hold } from "./data/live";
import { speak } from "./words";

test("figures are said as the server says them", () => {
  expect(fill("近四周订货 {w0:n} 条，环比 {growth:percent}；落后 {gap:points}", { w0: 1085, growth: -27.4, gap: 33.25 }, "zh")).toBe("近四周订货 1,085 条，环比 -27.4%；落后 33.3 个百分点");
  expect(fill("{n:n} {m:n} {y:yuan}", { n: 12.25, m: "79.00", y: 123456 }, "zh")).toBe("12.3 79 1,234.56");
  expect(fill("{p:percent}", { p: 80 }, "en")).toBe("80.0%");
});

test("days and lists follow the language", () => {
  const figures = { on: "2026-03-07", names: ["a", "b", "c", "d", "e", "f"], over: ["GT_1000", "GT_4X"] };
  expect(fill("{on:date} {on:day} {names:list} {over:over}", figures, "zh")).toBe("3月7日 2026年3月7日 a、b、c、d、e等 6 项 超过 1,000 条、超过户均 4 倍");
  expect(fill("{on:date} {on:day} {names:list} {over:over}", figures, "en")).toBe("7 Mar 7 Mar 2026 a, b, c, d, e (6 in all) over 1,000 cartons, over 4 times the mean");
});

test("what is not known is said as none, and no template says nothing", () => {
  expect(fill("{best:n}/{x}", { best: null }, "zh")).toBe("无/无");
  hold("settings", [{ id: "s", kind: "sentences", unit_id: 1, level: 0, values: { "stop.floor@1": ["每户每月至少走访一次", "at least once a month"] } }]);
  expect(say("stop.floor", 1, {})).toBe("每户每月至少走访一次");
  speak("en");
  expect(say("stop.floor", 1, {})).toBe("at least once a month");
  speak("zh");
  expect(say("stop.none", 1, {})).toBe("");
});
