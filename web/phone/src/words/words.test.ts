// Chinese is written as Chinese wherever a person reads it: no half-width comma, colon, bracket or mark beside a Chinese character.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join((import.meta as unknown as { dirname: string }).dirname, "..");
const sources = (readdirSync(ROOT, { recursive: true, encoding: "utf8" }) as string[]).filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|schema\.d\.ts$/.test(name));
const SAID = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const HALF = /[\u3400-\u9fff}][,;:!?()](?![\w$])|[,;:!?()] ?[\u3400-\u9fff]/;

test("words in Chinese have full-width marks", () => {
  expect(sources.length).toBeGreaterThan(80);
  const found = sources.flatMap((name) => ((readFileSync(join(ROOT, name), "utf8") as string).replace(/^\s*(\/\/|\*|\/\*).*$/gm, "").match(SAID) ?? [])
    .filter((said) => /[\u3400-\u9fff]/.test(said) && said.startsWith("\"") && HALF.test(said)).map((said) => `${name}: ${said}`));
  expect(found).toEqual([]);
});

test("the rule finds what it is to find", () => {
  expect(["\"没有网络,照常工作\"", "\"距店:{m}\"", "\"张三(店主)\"", "\"店 {n},共\""].every((said) => HALF.test(said))).toBe(true);
  expect(["\"没有网络，照常工作\"", "\"07:00 到 22:00\"", "\"（{words}）\"", "\"{a}：{b}\""].some((said) => HALF.test(said))).toBe(false);
});
