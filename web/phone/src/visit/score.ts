// The display score as it will come out, before it is sent: the rule of visits/scoring.py ("Display score" in docs/method.md). Pure.
import type { Answered, Item } from "./shapes";

/** What stood before this check: none of the shop by this template, or one that failed anywhere. */
export interface Before { isFirst: boolean; failed: boolean }
export interface Told { item: string; answer: Answered }
export interface Scored { passed: ReadonlyMap<string, boolean | null>; score: number | null }

/** Whether an answer passes its item; null = not applicable. `photos`: items of which the visit declares a photo. */
export function passes(item: Item, answer: Answered, photos: ReadonlySet<string>): boolean | null {
  if (answer === null) return null;
  switch (item.kind) {
    case "yes_no": return answer === true || answer === 1;
    case "count": return typeof answer === "number" && answer >= Number(item.pass_at);
    case "choice": return Array.isArray(item.pass_at) && item.pass_at.includes(answer as string);
    case "product_list": {
      const seen = new Set(answer as readonly number[]);
      return (item.products ?? []).filter((one) => seen.has(one)).length >= Number(item.pass_at);
    }
    case "photo": return typeof answer === "string" && answer !== "0" && photos.has(item.code);
  }
}

/** Points earned of the points that apply, in per cent to two places; null when nothing applies. */
export function score(items: readonly Item[], answers: readonly Told[], before: Before, photos: ReadonlySet<string> = new Set()): Scored {
  const given = new Map(answers.map((one) => [one.item, one.answer]));
  const passed = new Map<string, boolean | null>();
  let reached = 0, possible = 0;
  let failed = false, missed = false;
  for (const item of items) {
    if (item.rule !== undefined) continue;
    const answer = given.get(item.code);
    const fine = answer === undefined ? false : passes(item, answer, photos);
    if (answer !== undefined) passed.set(item.code, fine);
    if (fine !== null) possible += hundredths(item.weight);
    if (fine === true) reached += hundredths(item.weight);
    if (fine === false) failed = true;
    if (fine === false && item.must_pass === true) missed = true;
  }
  for (const item of items) {
    if (item.rule === undefined) continue;
    const holds = before.isFirst || !(failed || (item.before === true && before.failed));
    passed.set(item.code, holds);
    possible += hundredths(item.weight);
    if (holds) reached += hundredths(item.weight);
  }
  return { passed, score: possible <= 0 ? null : share(missed ? 0 : reached, possible) };
}

/** Weights as whole numbers, so that no sum is off by a bit of binary fractions. */
const hundredths = (weight: number): number => Math.round(weight * 10_000);

/** 100 x part / whole, half to even at the second place, as the server rounds. */
function share(part: number, whole: number): number {
  const scaled = BigInt(part) * 10_000n, of = BigInt(whole);
  let quotient = scaled / of;
  const twice = (scaled % of) * 2n;
  if (twice > of || (twice === of && quotient % 2n === 1n)) quotient += 1n;
  return Number(quotient) / 100;
}

/** Whether a check that was told failed anywhere, as the next one is held against it. */
export function failedAnywhere(items: readonly Item[], answers: readonly Told[], photos: ReadonlySet<string>): boolean {
  const given = new Map(answers.map((one) => [one.item, one.answer]));
  return items.some((item) => {
    if (item.rule !== undefined) return false;
    const answer = given.get(item.code);
    return answer === undefined || passes(item, answer, photos) === false;
  });
}
