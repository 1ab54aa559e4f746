// What I recorded at this shop this month and the last: how it stands with the server, mended or taken back; for shop/index.tsx and Unsent.
import { useState } from "preact/hooks";
import { keyOf } from "../data/keys";
import { all } from "../data/live";
import { signedIn } from "../data/session";
import { issues, waitingKeys } from "../data/status";
import { clockOf } from "../time";
import { Button, Card, Sheet, toast } from "../ui";
import { isMine, type Held } from "../visit/again";
import { bringBack, mend, withdraw } from "../visit/edit";
import { v } from "../visit/words";
import { w } from "./words";

const SHOWN = 3;

export function Mine({ shopId }: { shopId: string }) {
  const [shown, setShown] = useState(SHOWN), me = signedIn.value?.id ?? "";
  const visits = ([...all("visits").value.values()] as unknown as Held[]).filter((one) => one.retailer_id === shopId && isMine(one, me)).sort((a, b) => b.started_at.localeCompare(a.started_at));
  if (visits.length === 0) return null;
  return (
    <Card title={w("mine")}>
      <p class="quiet small">{w("mine_note")}</p>
      <ul class="list">{visits.slice(0, shown).map((one) => <li key={one.id}><p>{clockOf(one.started_at)} <span class="quiet small">{standing(one)}</span></p><p class="small">{carried(one)}</p><Acts visit={one} /></li>)}</ul>
      {visits.length > shown ? <Button kind="quiet" onClick={() => { setShown(shown + 10); }}>{w("more_visits", { n: visits.length - shown })}</Button> : null}
    </Card>
  );
}

/** How the visit stands: refused comes first, then what still waits, then what the server has. */
function standing(visit: Held): string {
  if (issues.value.some((issue) => issue.submission_id === visit.id)) return w("mine_refused");
  if (waitingKeys.value.has(keyOf("visits", visit.id))) return w("mine_waits");
  const edits = (visit.revision ?? 1) - 1; // 1 is the visit as it first came
  return edits > 0 ? w("mine_edited", { n: edits }) : w("mine_sent");
}

/** What a visit tells, by its steps. */
export function carried(visit: Held): string {
  const some = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;
  const steps = [
    ["display", visit.check != null], ["tags", visit.compliance != null], ["goods", some(visit.observations)], ["policies", some(visit.briefings)],
    ["pitches", some(visit.pitches)], ["intelligence", some(visit.remarks)], ["training", some(visit.trainings)],
  ] as const;
  const told = steps.filter(([, is]) => is).map(([name]) => v(`step_${name}`));
  return [...told, ...((visit.note ?? "") === "" ? [] : [visit.note ?? ""])].join(v("list")) || v("nothing_told");
}

const failed = (error: unknown): void => { toast(w("mine_failed", { reason: String(error) })); };

/** Mend, and take back with a word of warning. */
export function Acts({ visit }: { visit: Held }) {
  const [isAsked, setAsked] = useState(false);
  const edit = (): void => { mend(visit).then((why) => { if (why !== null) toast(w(`mine_${why}`)); }, failed); };
  const undo = (): void => { bringBack(visit.id).then((is) => { toast(w(is ? "mine_back" : "mine_too_late")); }, failed); };
  const gone = (): void => { setAsked(false); withdraw(visit).then(() => { toast(w("mine_withdrawn"), undo); }, failed); };
  return (
    <div class="row">
      <Button onClick={edit}>{w("mine_edit")}</Button>
      <Button kind="quiet" onClick={() => { setAsked(true); }}>{w("mine_withdraw")}</Button>
      <Sheet title={w("mine_withdraw")} open={isAsked} onClose={() => { setAsked(false); }}>
        <p>{w("mine_withdraw_note", { when: clockOf(visit.started_at) })}</p>
        <Button kind="danger" wide onClick={gone}>{w("mine_withdraw_do")}</Button>
        <Button wide onClick={() => { setAsked(false); }}>{w("mine_keep")}</Button>
      </Sheet>
    </div>
  );
}
