// Policies still to brief: the card to read out, the shop's answers, how well it was understood, what nobody could answer.
import { Button, Card, Choice } from "../ui";
import { either, language } from "../words";
import type { Here } from "./act";
import { Level, Said } from "./fields";
import { Sign } from "./sign";
import type { Policy, QuizQuestion } from "./shapes";
import { v } from "./words";
import { onToday } from "../sentences";

export function Policies(here: Here) {
  const { known, draft } = here;
  const again = known.policies.filter((one) => draft.briefings[one.version_id] !== undefined && !known.toBrief.includes(one));
  const rest = known.policies.filter((one) => !known.toBrief.includes(one) && !known.gated.includes(one) && !again.includes(one));
  return (
    <>
      {[...known.toBrief, ...again].map((one) => <One key={one.version_id} policy={one} here={here} />)}
      {known.gated.map((one) => <Card key={one.version_id} title={titled(one)}><p>{v("gated")}</p><a class="button plain" href="/app/learn">{v("to_learn")}</a></Card>)}
      {rest.length === 0 ? null : (
        <Card title={v("tell_again")}>
          <div class="phrases">{rest.map((one) => <button type="button" class="phrase" key={one.version_id} onClick={() => { here.act({ do: "brief", version: one.version_id, what: {} }); }}>{titled(one)}</button>)}</div>
        </Card>
      )}
    </>
  );
}

export const titled = (policy: Policy): string => either(policy.title, policy.title_en);

function One({ policy, here: { draft, act } }: { policy: Policy; here: Here }) {
  const told = draft.briefings[policy.version_id], version = policy.version_id;
  return (
    <Card title={titled(policy)} aside={policy.brief_by === null ? undefined : <span class="small quiet">{v("brief_by", { day: onToday(policy.brief_by) })}</span>}>
      <details open={told === undefined}><summary>{v("card")}</summary><pre class="told">{policy.card}</pre></details>
      {told === undefined
        ? <Button wide onClick={() => { act({ do: "brief", version, what: {} }); }}>{v("briefed")}</Button>
        : (
          <>
            {policy.shop_quiz.map((question, n) => <Asked key={n} question={question} value={told.choices[n]} onChange={(choice) => { act({ do: "choose", version, question: n, choice }); }} />)}
            {policy.shop_quiz.length > 0 ? null : <Level label={v("understanding")} value={told.understanding} words={v("levels_understanding").split("|")} onChange={(understanding) => { act({ do: "brief", version, what: { understanding } as object }); }} />}
            <details><summary>{v("shop_asked")}</summary>
              <Said label={v("shop_asked")} value={told.question ?? ""} most={2_000} phrases={v("phrases_policy").split("|")} onChange={(question) => { act({ do: "brief", version, what: { question } }); }} />
              {(told.question ?? "") === "" ? null : <label class="check"><input type="checkbox" checked={told.unanswered === true} onChange={() => { act({ do: "brief", version, what: { unanswered: told.unanswered !== true } }); }} /> {v("unanswered")}</label>}
            </details>
            <details><summary>{v("sign_for_policy")}</summary><Sign draft={draft} act={act} signed={told.signature ?? null} version={version} /></details>
            <Button kind="quiet" onClick={() => { act({ do: "brief", version, what: null }); }}>{v("not_briefed")}</Button>
          </>
        )}
    </Card>
  );
}

function Asked({ question, value, onChange }: { question: QuizQuestion; value: number | undefined; onChange: (choice: number) => void }) {
  const english = language.value === "en", choices = english && question.choices_en?.length === question.choices.length ? question.choices_en : question.choices;
  return <Choice label={english && question.question_en ? question.question_en : question.question} options={choices.map((label, n) => ({ value: n, label }))} value={value ?? null} onChange={onChange} />;
}
