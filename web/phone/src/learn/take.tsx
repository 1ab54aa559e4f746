// The quiz of a policy version, one question a card, graded at once on the phone; the attempt waits and is sent. For learn/index.tsx.
import { useState } from "preact/hooks";
import { put } from "../data/write";
import { Button, Card, Choice, toast } from "../ui";
import { gradeWaiting } from "./graded";
import { grade, type Grade, type Policy } from "./quiz";
import { w } from "./words";

type Outcome = Grade | "waits";

export function Quiz({ policy, readAt, isAgain }: { policy: Policy; readAt: string; isAgain: boolean }) {
  const [at, setAt] = useState<number | null>(null), [choices, setChoices] = useState<readonly (number | null)[]>([]), [outcome, setOutcome] = useState<Outcome | null>(null);
  const n = policy.quiz.length, question = at === null ? undefined : policy.quiz[at];
  const start = (): void => { setChoices(policy.quiz.map(() => null)); setOutcome(null); setAt(0); };
  const finish = async (): Promise<void> => {
    const answers = choices.flatMap((choice, number) => (choice === null ? [] : [{ question: number, choice }]));
    await put("quiz_attempts", { id: crypto.randomUUID(), version_id: policy.version_id, answers, read_at: readAt, answered_at: new Date().toISOString() });
    setOutcome((await grade(policy, choices)) ?? "waits");
    setAt(null);
    await gradeWaiting();
  };
  if (question !== undefined && at !== null) {
    const chosen = choices[at] ?? null, isLast = at === n - 1;
    return (
      <Card title={w("question_of", { at: at + 1, n })}>
        <Choice label={question.question} options={question.choices.map((label, value) => ({ value, label }))} value={chosen} onChange={(value) => { setChoices(choices.map((one, index) => (index === at ? value : one))); }} />
        <Button kind="main" wide disabled={chosen === null} onClick={() => { if (isLast) finish().catch((error: unknown) => { toast(w("not_kept", { reason: String(error) })); }); else setAt(at + 1); }}>{w(isLast ? "finish" : "next")}</Button>
      </Card>
    );
  }
  return (
    <Card title={w("quiz")}>
      {outcome === null ? <p class="quiet">{w("quiz_note", { n, percent: policy.pass_percent })}</p> : <Result policy={policy} outcome={outcome} />}
      <Button kind="main" wide onClick={start}>{w(isAgain || outcome !== null ? "again" : "start")}</Button>
    </Card>
  );
}

function Result({ policy, outcome }: { policy: Policy; outcome: Outcome }) {
  if (outcome === "waits") return <p role="status">{w("waits")}</p>;
  return (
    <div role="status">
      <p><strong>{w("result", { right: outcome.right.filter(Boolean).length, n: outcome.right.length })}</strong> {w(outcome.passed ? "is_passed" : "is_failed")}</p>
      <ul class="small">{policy.quiz.map((question, at) => <li key={at}>{question.question} · {w(outcome.right[at] ? "right" : "wrong")}</li>)}</ul>
    </div>
  );
}
