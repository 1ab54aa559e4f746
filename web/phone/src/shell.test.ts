// The pure parts of the shell: paths, words, keys of the pad, cells of the grid, times.
import { describe, expect, it } from "vitest";
import { routeOf } from "./route";
import { isOlder } from "./sync/heartbeat";
import { events } from "./sync/lines";
import { ago, dayOf } from "./time";
import { pressed } from "./ui/pad";
import { shapeOf } from "./ui/pictures";
import { differing, isUndoable, kindOf, mineOf } from "./unsent/mend";
import { fill } from "./data/live";
import { speak, words } from "./words";

describe("a path", () => {
  it.each([
    ["/app/", "today", ""], ["/app", "today", ""], ["/app/shop/0192-ab", "shop", "0192-ab"], ["/app/visit/7/", "visit", "7"],
    ["/app/nothing", "unknown", ""], ["/elsewhere", "unknown", ""], ["/app/month?on=2026-03", "month", ""],
  ])("%s leads to %s %s", (path, screen, id) => {
    expect(routeOf(path)).toMatchObject({ screen, id });
  });
});

describe("words", () => {
  const t = words({ told: "{name}，{count} 条" }, { told: "{count} of {name}" });
  it("are of the language that is spoken, with their places filled", () => {
    speak("zh");
    expect(t("told", { name: "林", count: 3 })).toBe("林，3 条");
    speak("en");
    expect(t("told", { name: "Lin", count: 3 })).toBe("3 of Lin");
    expect(t("told", { name: "Lin" })).toBe("{count} of Lin");
    speak("zh");
  });
});

describe("the pad", () => {
  it.each([
    ["", "5", 0, "5"], ["5", "0", 0, "50"], ["0", "7", 0, "7"], ["12", "⌫", 0, "1"], ["", "⌫", 0, ""], ["12", ".", 0, "12"], ["", ".", 2, "0."],
    ["1.2", ".", 2, "1.2"], ["1.25", "9", 2, "1.25"], ["1234567", "8", 0, "1234567"], ["1234567.", "8", 2, "1234567.8"],
  ])("%j and key %s with %i decimals is %j", (value, key, decimals, wanted) => {
    expect(pressed(value, key, decimals)).toBe(wanted);
  });
});

describe("a cell of the grid", () => {
  it("is full when done, hatched when missed, outlined when open, and idle where nothing is asked", () => {
    expect([0, 1, 2, 3, 4].map((state) => shapeOf(state as 0))).toEqual([
      { done: 0, missed: 0, asked: false, overdue: false }, { done: 0, missed: 0, asked: true, overdue: false },
      { done: 1, missed: 0, asked: true, overdue: false }, { done: 0, missed: 1, asked: true, overdue: false },
      { done: 0, missed: 0, asked: false, overdue: false },
    ]);
  });
  it("shows shares of shops", () => {
    expect(shapeOf({ done: 6, open: 3, missed: 3, overdue: true })).toEqual({ done: 0.5, missed: 0.25, asked: true, overdue: true });
  });
});

describe("the event line", () => {
  it("tells whole events and keeps the rest, comments unheard", () => {
    const { found, rest } = events(":\n\nevent: plan/1\ndata: \"RESYNC\"\n\nevent: visits/1\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent: need");
    expect(found).toEqual([{ event: "plan/1", data: "\"RESYNC\"" }, { event: "visits/1", data: "{\"a\":1}" }]);
    expect(rest).toBe("event: need");
  });
});

describe("a version", () => {
  it.each([["1.0.0", "", false], ["1.0.0", "1", false], ["1.0.0", "1.0.1", true], ["1.10", "1.9.9", false], ["2", "10", true]])("%s is older than %j: %s", (ours, least, wanted) => {
    expect(isOlder(ours, least)).toBe(wanted);
  });
});

describe("times", () => {
  it("count business days in Shanghai wherever the phone is", () => {
    expect(dayOf("2026-03-31T16:30:00Z")).toBe("2026-04-01");
    expect(dayOf("2026-03-31T15:30:00Z")).toBe("2026-03-31");
  });
  it("say how long ago", () => {
    const now = Date.parse("2026-03-31T12:00:00Z");
    expect(["2026-03-31T11:59:40Z", "2026-03-31T11:15:00Z", "2026-03-31T02:00:00Z"].map((at) => ago(at, now))).toEqual(["刚刚", "45 分钟前", "10 小时前"]);
  });
});

describe("what was let go", () => {
  it("can be opened again for ten minutes", () => {
    const now = Date.parse("2026-03-31T12:00:00Z"), gone = (settled_at: string | null, state = "dismissed") => ({ id: "1", state, settled_at });
    expect([gone("2026-03-31T11:50:01Z"), gone("2026-03-31T11:50:00Z"), gone("2026-03-31T11:59:00Z", "resent"), gone(null)].map((issue) => isUndoable(issue, now))).toEqual([true, false, false, false]);
  });
});

describe("what was refused", () => {
  it("is named and found, also a visit, which is kept as one of whichever way it came", () => {
    fill("visits", [{ id: "v1", note: "断货" } as never]);
    expect(mineOf({ id: "1", kind: "visit", submission_id: "v1" })).toMatchObject({ note: "断货" });
    expect(["visit", "needs", "parcel"].map((kind) => kindOf({ id: "1", kind }))).toEqual(["走访", "诉求", "parcel"]);
    fill("visits", []);
  });
});

describe("a conflict", () => {
  it("shows the fields of the person's that differ, nothing of the server's", () => {
    const mine = { id: "1", text: "招牌", due_on: null, version: 3 }, theirs = { id: "1", text: "冰柜", version: 4 };
    expect(differing("needs", mine, theirs)).toEqual(["text"]);
    expect(differing("retailers", mine, theirs)).toEqual([]);
  });
});
