// What is open at a shop: promises and needs, actions of the month, findings with their evidence, display to mend; for shop/index.tsx.
import { all } from "../data/live";
import { fill, saidDay, say } from "../sentences";
import { dayOf } from "../time";
import { Card } from "../ui";
import { either, language } from "../words";
import { daysTo } from "./history";
import { w } from "./words";

export const onDay = (day: string): string => saidDay(day, dayOf(), language.value);

/** How long until a day, in words. */
export function Due({ on, today }: { on: string | null | undefined; today: string }) {
  if (on === null || on === undefined) return null;
  const days = daysTo(on, today);
  return <small class="quiet">{days < 0 ? w("due_late", { n: -days }) : days === 0 ? w("due_today") : w("due_in", { n: days })}</small>;
}

const byDue = (a: { due_on?: string | null }, b: { due_on?: string | null }): number => (a.due_on ?? "9999").localeCompare(b.due_on ?? "9999");

export function Promised({ shopId, today }: { shopId: string; today: string }) {
  const promises = [...all("promises").value.values()].filter((one) => one.retailer_id === shopId && (one.state ?? "open") === "open").sort(byDue);
  const needs = [...all("needs").value.values()].filter((one) => one.retailer_id === shopId && one.closed_on == null).sort(byDue);
  return (
    <Card title={w("owed")}>
      {promises.length === 0 ? <p class="quiet">{w("none_owed")}</p> : <ul>{promises.map((one) => <li key={one.id}>{one.text} <Due on={one.due_on} today={today} /></li>)}</ul>}
      {needs.length === 0 ? null : <><h3>{w("needs")}</h3><ul>{needs.map((one) => <li key={one.id}>{one.text} <Due on={one.due_on} today={today} /></li>)}</ul></>}
    </Card>
  );
}

const plain = (decimal: string | null): string => (decimal === null ? "—" : fill("{n:n}", { n: decimal }, language.value));

export function ToDo({ shopId, today }: { shopId: string; today: string }) {
  const month = `${today.slice(0, 7)}-01`;
  const actions = [...all("actions").value.values()].filter((one) => one.retailer_id === shopId && one.month === month && one.state !== "dropped").sort(byDue);
  const served = new Set(actions.map((one) => one.improvement_id));
  const carried = [...all("improvements").value.values()].filter((one) => one.retailer_id === shopId && one.closed_on === null && !served.has(one.id)).sort(byDue);
  const tasks = [...all("display_tasks").value.values()].filter((one) => one.retailer_id === shopId && one.closed_on === null).sort(byDue);
  if (actions.length + carried.length + tasks.length === 0) return null;
  return (
    <Card title={w("to_do")}>
      <ul>
        {actions.map((one) => (
          <li key={one.id}>{say(one.template, one.template_version, one.parameters) || one.words} <Due on={one.due_on} today={today} />
            <br /><small class="quiet">{w(one.goal, { target: plain(one.target), baseline: plain(one.baseline) })}{one.evidence_needed > 0 ? ` · ${w("evidence", { n: one.evidence, of: one.evidence_needed })}` : ""}</small>
          </li>
        ))}
      </ul>
      {carried.length === 0 ? null : <><h3>{w("carried")}</h3><ul>{carried.map((one) => <li key={one.id}>{say(one.template, one.template_version, one.parameters)} <Due on={one.due_on} today={today} /></li>)}</ul></>}
      {tasks.length === 0 ? null : <><h3>{w("tasks")}</h3><ul>{tasks.map((one) => <li key={one.id}>{either(one.name, one.name_en)} <Due on={one.due_on} today={today} /></li>)}</ul></>}
    </Card>
  );
}

const DIMENSIONS = ["client", "brand", "market"] as const;

export function Found({ shopId }: { shopId: string }) {
  const findings = [...all("findings").value.values()].filter((one) => one.retailer_id === shopId && one.closed_on === null);
  findings.sort((a, b) => DIMENSIONS.indexOf(a.dimension) - DIMENSIONS.indexOf(b.dimension) || a.severity - b.severity || a.id.localeCompare(b.id));
  return (
    <Card title={w("found")}>
      {findings.length === 0 ? <p class="quiet">{w("found_none")}</p> : null}
      {findings.map((one) => (
        <div class={`card tone-${one.dimension}`} key={one.id}>
          <p>{say(one.template, one.template_version, one.figures)}</p>
          <small class="quiet">{w("since", { day: onDay(one.opened_on) })}{one.evidence_rows === null ? "" : ` · ${w("records", { n: one.evidence_rows })}`}</small>
        </div>
      ))}
    </Card>
  );
}
