// Improvements that are carried on, and what came of the actions of the last months; for month/index.tsx.
import { useState } from "preact/hooks";
import { act } from "../api/client";
import { all } from "../data/live";
import { reachable } from "../data/status";
import { fill, say } from "../sentences";
import { dayOf } from "../time";
import { monthName } from "../today/weekday";
import { Bar, Button, Card, toast } from "../ui";
import { language, t } from "../words";
import { shopOf } from "./actions";
import { outcomes } from "./paper";
import { reasonOf } from "./submit";
import { w } from "./words";

const SHOWN = 5;
const STATES = ["met", "partly", "dropped"] as const;

export function Improvements() {
  const [shown, setShown] = useState(SHOWN), [confirmed, setConfirmed] = useState<ReadonlySet<string>>(new Set());
  const rows = [...all("improvements").value.values()];
  const open = rows.filter((one) => one.closed_on === null).sort((a, b) => b.months_open - a.months_open || a.due_on.localeCompare(b.due_on) || a.id.localeCompare(b.id));
  const closed = STATES.map((state) => [state, rows.filter((one) => one.closed_on !== null && one.state === state).length] as const).filter(([, count]) => count > 0);
  const accept = (id: string): void => {
    act("post", "/api/v1/improvements/{id}/accept", undefined, { path: { id } }).then(() => { setConfirmed((before) => new Set(before).add(id)); toast(w("accepted")); }, (error: unknown) => { toast(reasonOf(error)); });
  };
  return (
    <Card title={w("improvements")}>
      {open.length === 0 ? <p class="quiet">{w("improvements_none")}</p> : null}
      {open.slice(0, shown).map((one) => (
        <section class={`card tone-${one.dimension}`} key={one.id}>
          <p><strong>{shopOf(one)}</strong> {say(one.template, one.template_version, one.parameters)}</p>
          <small class="quiet">{w(one.state === "proposed" && !confirmed.has(one.id) ? "proposed" : "open")} · {w("months_open", { n: one.months_open })} · {w("due", { day: fill("{on:date}", { on: one.due_on }, language.value) })}</small>
          {one.state === "proposed" && !confirmed.has(one.id) ? <div class="row"><Button disabled={!reachable.value} onClick={() => { accept(one.id); }}>{w("accept")}</Button></div> : null}
        </section>
      ))}
      {open.length > shown ? <Button kind="quiet" onClick={() => { setShown(shown + 20); }}>{w("more", { n: open.length - shown })}</Button> : null}
      {closed.length === 0 ? null : <p class="quiet small">{w("just_closed")}{t("colon")}{closed.map(([state, count]) => `${w(`closed_${state}`)} ${count}`).join(" · ")}</p>}
    </Card>
  );
}

const LAST = 2;

/** Her own outcomes: of this month and the last, hits of what could be measured, and her visits. */
export function Outcomes({ month, person }: { month: string; person: string }) {
  const actions = [...all("actions").value.values()], visits = [...all("visits").value.values()].filter((one) => (one.person_id ?? person) === person);
  const months = [...new Set(actions.map((one) => one.month.slice(0, 7)))].filter((one) => one <= month).sort().reverse().slice(0, LAST);
  return (
    <Card title={w("outcomes")}>
      {months.length === 0 ? <p class="quiet">{w("outcomes_none")}</p> : null}
      {months.map((one) => {
        const found = outcomes(actions, one), of = found.hit + found.miss, mine = visits.filter((visit) => dayOf(visit.started_at).startsWith(one));
        return (
          <section key={one}>
            <p>{w("outcomes_of", { month: monthName(one), n: of + found.unmeasured })}</p>
            {of === 0 ? null : <Bar value={found.hit} most={of} label={w("outcomes_bar", { month: monthName(one), n: found.hit, of })} />}
            <p class="quiet small">{[w("hit", { n: found.hit }), w("miss", { n: found.miss }), w("unmeasured", { n: found.unmeasured }), w("waiting", { n: found.open })].join(" · ")}</p>
            <p class="quiet small">{w("visits", { n: mine.length, shops: new Set(mine.map((visit) => visit.retailer_id)).size })}</p>
          </section>
        );
      })}
    </Card>
  );
}
