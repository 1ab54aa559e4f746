// What the phone found of attempts that the server has not graded yet, by attempt; read by learn/ and by whoever asks whether one may brief.
import { signal } from "@preact/signals";
import { all } from "../data/live";
import { grade, type Policy } from "./quiz";

export const graded = signal<ReadonlyMap<string, boolean>>(new Map());

/** Grades what waits, again after a restart; called when Learn opens and when an attempt is made. */
export async function gradeWaiting(): Promise<void> {
  const versions = new Map([...all("policies").value.values()].map((policy): [number, Policy] => [policy.version_id, policy]));
  const found = new Map(graded.value);
  for (const attempt of all("quiz_attempts").value.values()) {
    const policy = versions.get(attempt.version_id);
    if (attempt.passed !== undefined || policy === undefined || found.has(attempt.id)) continue;
    const choices = policy.quiz.map((_, at) => attempt.answers.find((answer) => answer.question === at)?.choice ?? null);
    const told = await grade(policy, choices);
    if (told !== null) found.set(attempt.id, told.passed);
  }
  if (found.size !== graded.value.size) graded.value = found;
}
