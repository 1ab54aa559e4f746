// The visit's pure parts, against the same files that tests/web/test_phone_visit_wire.py holds against the server.
import { describe, expect, it } from "vitest";
import { draftAgain, isMine } from "./again";
import { distanceM, nearness } from "./distance";
import { begun, next, type Act, type VisitDraft } from "./draft";
import { en } from "./en";
import away from "./fixtures/away.json";
import bare from "./fixtures/bare.json";
import distances from "./fixtures/distances.json";
import full from "./fixtures/full.json";
import scores from "./fixtures/scores.json";
import { meant, shown } from "./pads";
import { fitted, judge } from "./picture";
import { fit, initials } from "./pinyin";
import { score } from "./score";
import type { Datum, Item, Visit } from "./shapes";
import { after, replaced } from "./talk";
import { toWire } from "./wire";
import { zh } from "./zh";

const draftOf = (told: { start: unknown; acts: unknown }): VisitDraft => (told.acts as Act[]).reduce(next, told.start as VisitDraft);

describe("what is sent", () => {
  for (const [name, told] of Object.entries({ full, away, bare })) {
    it(`${name}: the acts make the visit that the server takes`, () => {
      expect(toWire(draftOf(told), told.items as Item[], told.on)).toEqual({ visit: told.visit, needs: told.needs, promises: told.promises });
    });
  }
  it("ending twice tells the same, so that a kill while it is kept makes no second visit", () => {
    const draft = draftOf(full);
    expect(toWire(JSON.parse(JSON.stringify(draft)) as VisitDraft, full.items as Item[], full.on)).toEqual(toWire(draft, full.items as Item[], full.on));
  });
  it("what was put right but passes after all is not told as put right", () => {
    const draft = next(draftOf(full), { do: "answer", item: "visible", answer: true });
    expect(toWire(draft, full.items as Item[], full.on).visit.check?.answers[0]).toEqual({ item: "visible", answer: true });
  });
  it("a photo that was taken back is named nowhere", () => {
    const draft = [101, 102, 103, 104, 105, 106].reduce((now, n) => next(now, { do: "unphoto", id: `00000000-0000-4135-8000-000000000${n}` }), draftOf(full));
    const { visit } = toWire(draft, full.items as Item[], full.on);
    expect(visit.photos).toEqual([]);
    expect(JSON.stringify(visit)).not.toMatch(/0000000010[1-6]"/);
    expect(visit.check?.answers.find((one) => one.item === "front")?.answer).toBe(false);
  });
});

describe("a visit that was told", () => {
  for (const [name, told] of Object.entries({ full, away, bare })) {
    it(`${name}: mended without a change it tells the same, with or without its defaults`, () => {
      const visit = told.visit as unknown as Visit;
      expect(toWire(draftAgain(visit, null), told.items as Item[], told.on)).toEqual({ visit, needs: [], promises: [] });
      const stored = JSON.parse(JSON.stringify(visit), (_key, value: unknown) => (value === "" || (Array.isArray(value) && value.length === 0) ? undefined : value)) as Visit;
      expect(toWire(draftAgain(stored, null), told.items as Item[], told.on).visit).toEqual(visit);
    });
  }
  it("is its author's alone, and of nobody else while the server has not told whose it is", () => {
    const visit = { id: "v", retailer_id: "s", started_at: "2026-03-16T01:00:00Z" };
    expect([isMine(visit, "lin"), isMine({ ...visit, person_id: "lin" }, "lin"), isMine({ ...visit, person_id: "ma" }, "lin")]).toEqual([true, true, false]);
  });
});

describe("the draft", () => {
  const start = begun({ id: "v", shop_id: "s", at: "2026-03-16T01:00:00.000Z", place: null, no_place: "", stop_id: null, template_version_id: 7 });
  it("is never changed in place", () => {
    const frozen = Object.freeze(start);
    expect(next(frozen, { do: "answer", item: "a", answer: true })).not.toBe(frozen);
    expect(frozen.answers).toEqual({});
  });
  it("takes an answer back, and a product, and a briefing", () => {
    const told = ([{ do: "answer", item: "a", answer: true }, { do: "see", product: 1, what: { stock_packs: 3 } }, { do: "brief", version: 2, what: {} }] as Act[]).reduce(next, start);
    const back = ([{ do: "answer", item: "a", answer: undefined }, { do: "pass", product: 1 }, { do: "brief", version: 2, what: null }] as Act[]).reduce(next, told);
    expect([back.answers, back.seen, back.briefings]).toEqual([{}, {}, {}]);
  });
  it("forgets why a pitch was refused once it is accepted", () => {
    const told = ([{ do: "pitch", product: 1, what: { accepted: false, refusal: "price" } }, { do: "pitch", product: 1, what: { accepted: true } }] as Act[]).reduce(next, start);
    expect(told.pitches[1]).toEqual({ accepted: true, refusal: "", words: "" });
  });
  it("counts taps and keys", () => {
    const once = next(start, { do: "count", typed: 2, tapped: 5, typed_ms: 900 });
    expect(next(once, { do: "count", typed: 1, tapped: 1, typed_ms: 100 })).toMatchObject({ typed: 3, tapped: 6, typed_ms: 1_000 });
  });
  it("signs anew instead of twice", () => {
    const photo = (id: string) => ({ id, sha256: "", bytes: 1, taken_at: "", kind: "signature" as const });
    const signed = ([{ do: "sign", photo: photo("a") }, { do: "sign", photo: photo("b") }] as Act[]).reduce(next, start);
    expect([signed.signature, signed.photos.map((one) => one.id)]).toEqual(["b", ["b"]]);
  });
});

describe("the score before it is sent", () => {
  for (const one of scores) {
    it(one.name, () => {
      expect(score(one.items as Item[], one.answers as never, { isFirst: one.is_first, failed: one.failed }, new Set<string>(one.photos)).score).toBe(one.score);
    });
  }
});

describe("how far", () => {
  for (const one of distances) {
    it(one.name, () => {
      expect(distanceM(one.here as never, { ...one.shop, datum: one.shop.datum as Datum })).toBe(one.metres);
    });
  }
  it.each([[219.9, 20, 200, "at"], [220, 20, 200, "at"], [220.1, 20, 200, "away"], [201, null, 200, "away"]] as const)("%s m with an accuracy of %s within %s is %s", (metres, accuracy_m, limit, said) => {
    expect(nearness({ lon: 0, lat: 0, datum: "WGS-84", accuracy_m }, metres, limit)).toBe(said);
  });
  it("a simulated position is never at the shop, and without a point nothing is known", () => {
    expect(nearness({ lon: 0, lat: 0, datum: "WGS-84", accuracy_m: 5, mock: true }, 0, 200)).toBe("mock");
    expect([nearness(null, null, 200), distanceM(null, { lon: 1, lat: 1, datum: "WGS-84" }), distanceM({ lon: 1, lat: 1, datum: "WGS-84" }, { lon: null, lat: null, datum: "WGS-84" })]).toEqual(["unknown", null, null]);
  });
});

describe("pictures", () => {
  const filled = (paint: (x: number, y: number) => number, side = 64) => {
    const data = new Uint8ClampedArray(side * side * 4);
    for (let n = 0; n < side * side; n += 1) data.fill(paint(n % side, Math.floor(n / side)), n * 4, n * 4 + 4);
    return { data, width: side, height: side };
  };
  it("knows a sharp one, a blurred one and a dark one", () => {
    const sharp = judge(filled((x, y) => ((x >> 2) + (y >> 2)) % 2 === 0 ? 220 : 40));
    const blurred = judge(filled((x) => 128 + 60 * Math.sin(x / 10)));
    const dark = judge(filled((x, y) => ((x >> 2) + (y >> 2)) % 2 === 0 ? 60 : 4));
    expect([sharp.isBlurred, sharp.isDark]).toEqual([false, false]);
    expect([blurred.isBlurred, blurred.isDark]).toEqual([true, false]);
    expect([dark.isBlurred, dark.isDark]).toEqual([false, true]);
  });
  it("judges sharpness alike in dim and in bright light", () => {
    const board = (light: number) => judge(filled((x, y) => (((x >> 2) + (y >> 2)) % 2 === 0 ? 200 : 40) * light));
    expect(board(0.5).brightness).toBe(60);
    expect(Math.abs(board(0.5).sharpness / board(1).sharpness - 1)).toBeLessThan(0.001);
  });
  it.each([[4000, 3000, 1600, 1200], [3000, 4000, 1200, 1600], [800, 600, 800, 600], [1600, 1, 1600, 1]])("%s x %s is sent as %s x %s", (width, height, w, h) => {
    expect(fitted(width, height)).toEqual({ width: w, height: h });
  });
});

describe("search by initials", () => {
  it.each([["黄鹤楼（软蓝）", "hhlrl"], ["红金龙", "hjl"], ["中华（硬）", "zhy"], ["利群", "lq"], ["芙蓉王", "frw"], ["南京（炫赫门）", "njxhm"], ["玉溪", "yx"], ["白沙", "bs"], ["云烟", "yy"], ["泰山", "ts"], ["大重九", "dcj"], ["长白山", "cbs"], ["1916", "1916"]])("%s is %s", (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
  it("fits at the beginning before it fits within, by codes, and not at all", () => {
    expect([fit("hhl", "黄鹤楼"), fit("HL", "黄鹤楼"), fit("鹤", "黄鹤楼"), fit("690", "黄鹤楼", ["6901028"]), fit("zh", "黄鹤楼"), fit(" ", "黄鹤楼")]).toEqual([0, 1, 1, 0, null, 1]);
  });
});

describe("numbers and days", () => {
  it.each([["195", 19_500], ["19.5", 1_950], ["19.50", 1_950], ["0.05", 5], [".", undefined], ["", undefined]] as const)("%s yuan is %s fen", (digits, fen) => { expect(meant(digits, true)).toBe(fen); });
  it.each([[19_500, "195"], [1_950, "19.5"], [5, "0.05"], [0, "0"], [10_000, "100"]] as const)("%s fen is shown as %s", (fen, said) => { expect(shown(fen, true)).toBe(said); });
  it("days follow over the end of a month", () => { expect([after("2026-02-27", 3), after("2026-12-31", 1)]).toEqual(["2026-03-02", "2027-01-01"]); });
  it("one of a list is changed or leaves", () => { expect([replaced([1, 2, 3], 1, 9), replaced([1, 2, 3], 0, null)]).toEqual([[1, 9, 3], [2, 3]]); });
});

describe("words", () => {
  it("have the same places in both languages", () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((one) => one[0]).sort().join();
    expect(Object.keys(zh).filter((key) => places(zh[key as keyof typeof zh]) !== places(en[key as keyof typeof zh]))).toEqual([]);
  });
});
