// One policy version to read and be asked about: what to tell the shop, the whole text, what shops asked, the quiz; for learn/index.tsx.
import { useEffect, useState } from "preact/hooks";
import { all } from "../data/live";
import { signedIn } from "../data/session";
import { saidDay } from "../sentences";
import { dayOf } from "../time";
import { Card, Page } from "../ui";
import { either, language } from "../words";
import { graded, gradeWaiting } from "./graded";
import { standingOf, type Policy } from "./quiz";
import { Quiz } from "./take";
import { w } from "./words";

export const onDay = (day: string): string => saidDay(dayOf(day), dayOf(), language.value);

export function PolicyPage({ policy }: { policy: Policy }) {
  const [readAt] = useState(() => new Date().toISOString());
  useEffect(() => { void gradeWaiting(); }, [policy.version_id]);
  const standing = standingOf(policy, all("quiz_attempts").value.values(), signedIn.value?.id ?? "", graded.value);
  const facts = [
    w("version", { n: policy.number }), w("released", { day: onDay(policy.released_at) }), policy.effective_on === null ? null : w("effective_on", { day: onDay(policy.effective_on) }),
    policy.brief_by === null ? null : w("brief_by", { day: onDay(policy.brief_by) }),
  ].filter((said) => said !== null);
  const asked = [...all("policy_questions").value.values()].filter((one) => one.version_id === policy.version_id && one.answer === null);
  return (
    <Page title={either(policy.title, policy.title_en)} back="/app/learn">
      {policy.recalled_at === null ? null : <p role="alert"><strong>{w("recalled", { reason: policy.recall_reason })}</strong></p>}
      {policy.superseded_at === null ? null : <p><strong>{w("superseded")}</strong></p>}
      <p><strong>{w(standing)}</strong></p>
      <p class="quiet small">{facts.join(" · ")}</p>
      <Card title={w("card")} tone="note"><p>{policy.card}</p></Card>
      <Card title={w("body")}>{policy.body.split("\n").filter((line) => line.trim() !== "").map((line, at) => <p key={at}>{line}</p>)}</Card>
      {policy.quiz.length === 0 || policy.recalled_at !== null ? null : <Quiz key={policy.version_id} policy={policy} readAt={readAt} isAgain={standing !== "open"} />}
      {policy.shop_quiz.length === 0 ? null : <Card title={w("shop_quiz")}>{policy.shop_quiz.map((one, at) => <p key={at}>{one.question} <span class="quiet">{one.choices[one.right]}</span></p>)}</Card>}
      {policy.answers.length === 0 ? null : <Card title={w("answers")}>{policy.answers.map((one, at) => <div key={at}><h3>{one.question}</h3><p>{one.answer}</p></div>)}</Card>}
      {asked.length === 0 ? null : <Card title={w("questions")}><ul>{asked.map((one) => <li key={one.id}>{one.text}</li>)}</ul></Card>}
    </Page>
  );
}
