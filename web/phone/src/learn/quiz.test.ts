import { expect, test } from "vitest";
import { grade, listed, standingOf, type Policy } from "./quiz";

// sha256 of salt:0:0, salt:1:1, salt:2:2, salt:3:1, salt:4:0, as visits/quiz.py makes them
const CHECKS = [
  "3640d418345706610740e627bd3f85b96416a02d096743bfc80883ef44fcae78",
  "60f91fb686db9b919406313b64ce9edb37e338dd5f5bfb7c0a3d2db46ab820bd",
  "03b3f985c833fad000d03c783e760398d95189befc21dfe30d6a426c1b0c538a",
  "2a813a8f1c84ba1bc1587b42b020c12f86ce57022c83abb28e4979fbd3d1a7a3",
  "cd3325580fa1da2dbdb5be628388c9bc4d6647d8e95b7143b174a270fb75d3dd",
];
const quiz = CHECKS.map((check, at) => ({ question: `q${at}`, choices: ["a", "b", "c"], check }));
const policy = { quiz, quiz_salt: "salt", pass_percent: 80 };
const attempt = (id: string, passed?: boolean, person_id?: string) => ({ id, version_id: 7, answers: [], read_at: "", answered_at: "", ...(passed === undefined ? {} : { passed }), ...(person_id === undefined ? {} : { person_id }) });

test("four of five pass at 80 percent, three do not", async () => {
  expect(await grade(policy, [0, 1, 2, 1, 1])).toEqual({ right: [true, true, true, true, false], percent: 80, passed: true });
  expect(await grade(policy, [0, 1, 0, 1, 1])).toEqual({ right: [true, true, false, true, false], percent: 60, passed: false });
  expect((await grade(policy, [0, null, 2, 1, 0]))?.right).toEqual([true, false, true, true, true]);
  expect(await grade({ ...policy, quiz: [] }, [])).toEqual({ right: [], percent: 0, passed: false });
});

test("the server's grade decides, the phone's own until it comes", () => {
  const version = { version_id: 7, quiz };
  expect(standingOf(version, [], "lin")).toBe("open");
  expect(standingOf(version, [attempt("a", false)], "lin")).toBe("failed");
  expect(standingOf(version, [attempt("a")], "lin", new Map([["a", true]]))).toBe("passed");
  expect(standingOf(version, [attempt("a", false)], "lin", new Map([["a", true]]))).toBe("failed");
  expect(standingOf(version, [attempt("a", true, "tang")], "lin")).toBe("open");
  expect(standingOf({ version_id: 7, quiz: [] }, [], "lin")).toBe("no_quiz");
});

test("what is still to learn stands first, by the day until which it is to be told", () => {
  const one = (version_id: number, brief_by: string | null, more: Partial<Policy> = {}) => ({ version_id, brief_by, released_at: "2026-11-01", superseded_at: null, recalled_at: null, ...more }) as Policy;
  const rows = [one(1, "2026-11-20"), one(2, "2026-11-30"), one(3, "2026-11-25"), one(4, null, { recalled_at: "2026-11-02" })];
  expect(listed(rows, (row) => (row.version_id === 1 ? "passed" : "open")).map((row) => row.version_id)).toEqual([3, 2, 1]);
});
