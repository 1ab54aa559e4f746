// A quiz graded on the phone (docs/decisions/0017): what is right is known only as salted hashes; the server grades it again. Pure.
import type { Docs } from "../data/docs";

export type Policy = Docs["policies"];
type Attempt = Docs["quiz_attempts"];
export interface Grade { right: boolean[]; percent: number; passed: boolean }

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Which answers are right, the share in percent, and whether it passes. `choices` by question, both counted from 0. Null
 *  where the browser has no hashes (no https): then the server's grade is waited for. */
export async function grade(policy: Pick<Policy, "quiz" | "quiz_salt" | "pass_percent">, choices: readonly (number | null)[]): Promise<Grade | null> {
  if ((crypto.subtle as SubtleCrypto | undefined) === undefined) return null;
  const right = await Promise.all(policy.quiz.map(async (question, at) => {
    const choice = choices[at];
    return choice !== null && choice !== undefined && (await digest(`${policy.quiz_salt}:${at}:${choice}`)) === question.check;
  }));
  const count = right.filter(Boolean).length, asked = right.length;
  return { right, percent: asked === 0 ? 0 : Math.floor((100 * count) / asked), passed: asked > 0 && 100 * count >= policy.pass_percent * asked };
}

export type Standing = "open" | "passed" | "failed" | "no_quiz";

/** How a person stands with a version: one pass is enough. `graded` holds what the phone found of attempts that the server has not graded. */
export function standingOf(policy: { version_id: number; quiz: readonly unknown[] }, attempts: Iterable<Attempt>, person: string, graded: ReadonlyMap<string, boolean> = new Map()): Standing {
  if (policy.quiz.length === 0) return "no_quiz";
  const mine = [...attempts].filter((one) => one.version_id === policy.version_id && (one.person_id ?? person) === person);
  if (mine.some((one) => one.passed ?? graded.get(one.id) ?? false)) return "passed";
  return mine.length > 0 ? "failed" : "open";
}

const ORDER: readonly Standing[] = ["failed", "open", "no_quiz", "passed"];

/** What is in force, what is still to learn first, then by the day until which it is to be briefed. */
export function listed(policies: Iterable<Policy>, standing: (policy: Policy) => Standing): Policy[] {
  const held = [...policies].filter((one) => one.superseded_at === null && one.recalled_at === null);
  const due = (one: Policy): number => (ORDER.indexOf(standing(one)) < 2 ? 0 : 1);
  return held.sort((a, b) => due(a) - due(b) || (a.brief_by ?? "9999").localeCompare(b.brief_by ?? "9999") || b.released_at.localeCompare(a.released_at) || a.version_id - b.version_id);
}
