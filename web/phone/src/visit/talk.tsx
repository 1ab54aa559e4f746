// What we owe the shop and what it needs: settled here where it can be, and what came up today.
import { Button, Card, Choice } from "../ui";
import type { Here } from "./act";
import { Said } from "./fields";
import type { NeedDraft, PromiseDraft, Settled } from "./draft";
import { daysBetween } from "./steps";
import { v } from "./words";
import { onToday } from "../sentences";

const KINDS = ["supply", "brand", "display", "training", "complaint", "request", "other"] as const;
const DEPARTMENTS = ["service_desk", "enforcement", "brand", "logistics"] as const;
const DUE_DAYS = [1, 3, 7, 14, 30] as const;

/** A day so many days after another. Pure. */
export const after = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

export function Talk(here: Here) {
  const { known, draft, act } = here;
  const need = (): NeedDraft => ({ id: crypto.randomUUID(), kind: "supply", text: "", priority: 2, due_on: after(known.today, 14), department: null });
  const promise = (): PromiseDraft => ({ id: crypto.randomUUID(), text: "", due_on: after(known.today, 7) });
  return (
    <>
      {known.promises.map((one) => (
        <Card key={one.id} title={one.text} tone="client">
          <p class={one.due_on < known.today ? "task" : "quiet small"}>{one.due_on < known.today ? v("overdue_by", { days: daysBetween(one.due_on, known.today) }) : v("due", { day: onToday(one.due_on) })}</p>
          <Settle how={draft.settledPromises[one.id]} states={["kept", "dropped"]} onChange={(how) => { act({ do: "settle", of: "settledPromises", id: one.id, how }); }} />
        </Card>
      ))}
      {known.needs.map((one) => (
        <Card key={one.id} title={one.text} tone="client">
          <p class="quiet small">{v("raised", { day: onToday(one.raised_on) })}</p>
          <Settle how={draft.settledNeeds[one.id]} states={["closed"]} onChange={(how) => { act({ do: "settle", of: "settledNeeds", id: one.id, how }); }} />
        </Card>
      ))}
      {draft.promises.map((one, n) => <NewPromise key={one.id} one={one} today={known.today} onChange={(changed) => { act({ do: "promises", all: replaced(draft.promises, n, changed) }); }} />)}
      {draft.needs.map((one, n) => <NewNeed key={one.id} one={one} onChange={(changed) => { act({ do: "needs", all: replaced(draft.needs, n, changed) }); }} />)}
      <div class="pair">
        <Button onClick={() => { act({ do: "promises", all: [...draft.promises, promise()] }); }}>{v("new_promise")}</Button>
        <Button onClick={() => { act({ do: "needs", all: [...draft.needs, need()] }); }}>{v("new_need")}</Button>
      </div>
    </>
  );
}

/** The list with one at `n` changed, or gone where it is null. Pure. */
export function replaced<T>(all: readonly T[], n: number, one: T | null): T[] {
  return all.flatMap((other, at) => (at !== n ? [other] : one === null ? [] : [one]));
}

function Settle({ how, states, onChange }: { how: Settled | undefined; states: readonly Settled["state"][]; onChange: (how: Settled | null) => void }) {
  return (
    <>
      <Choice label={v("settle")} hideLabel options={states.map((state) => ({ value: state, label: v(`settle_${state}`) }))} value={how?.state ?? null}
        onChange={(state) => { onChange(state === how?.state ? null : { state, outcome: how?.outcome || v(`outcome_${state}`) }); }} />
      {how === undefined ? null : <Said label={v("outcome")} value={how.outcome} phrases={v(how.state === "dropped" ? "phrases_dropped" : "phrases_kept").split("|")} onChange={(outcome) => { onChange({ ...how, outcome }); }} />}
    </>
  );
}

function NewPromise({ one, today, onChange }: { one: PromiseDraft; today: string; onChange: (changed: PromiseDraft | null) => void }) {
  return (
    <Card title={v("new_promise")} tone="client" aside={<Button kind="quiet" onClick={() => { onChange(null); }}>{v("drop")}</Button>}>
      <Said label={v("promise_text")} value={one.text} most={2_000} phrases={v("phrases_promise").split("|")} onChange={(text) => { onChange({ ...one, text }); }} />
      <Choice label={v("due_in")} options={DUE_DAYS.map((days) => ({ value: days, label: v("in_days", { days }) }))} value={(daysBetween(today, one.due_on)) as 1 | 3 | 7 | 14 | 30} onChange={(days) => { onChange({ ...one, due_on: after(today, days) }); }} />
    </Card>
  );
}

function NewNeed({ one, onChange }: { one: NeedDraft; onChange: (changed: NeedDraft | null) => void }) {
  return (
    <Card title={v("new_need")} tone="client" aside={<Button kind="quiet" onClick={() => { onChange(null); }}>{v("drop")}</Button>}>
      <Choice label={v("need_kind")} options={KINDS.map((kind) => ({ value: kind, label: v(`need_${kind}`) }))} value={one.kind as (typeof KINDS)[number]} onChange={(kind) => { onChange({ ...one, kind }); }} />
      <Said label={v("need_text")} value={one.text} most={2_000} phrases={v("phrases_need").split("|")} onChange={(text) => { onChange({ ...one, text }); }} />
      <Choice label={v("priority")} options={([1, 2, 3] as const).map((level) => ({ value: level, label: v(`priority_${level}`) }))} value={one.priority as 1 | 2 | 3} onChange={(priority) => { onChange({ ...one, priority }); }} />
      <Choice label={v("department")} options={DEPARTMENTS.map((name) => ({ value: name, label: v(`department_${name}`) }))} value={one.department as (typeof DEPARTMENTS)[number] | null} onChange={(name) => { onChange({ ...one, department: name === one.department ? null : name }); }} />
    </Card>
  );
}
