// What the last visits said, and which policies the shop was not told yet; for shop/index.tsx.
import type { Docs } from "../data/docs";
import { all, one } from "../data/live";
import { Card } from "../ui";
import { either, language, t } from "../words";
import type { Known } from "../visit/known";
import { onDay } from "./owed";
import { w } from "./words";

type Recent = Docs["recent_visits"]["visits"][number];

function itemNames(): ReadonlyMap<string, string> {
  return new Map([...all("templates").value.values()].flatMap((template) => template.items.map((item) => [item.code, either(item.name, item.name_en ?? "")] as const)));
}

export function Last({ shopId }: { shopId: string }) {
  const visits = one("recent_visits", shopId).value?.visits ?? [], names = itemNames(), [latest, ...before] = visits;
  if (latest === undefined) return <Card title={w("last")}><p class="quiet">{w("never")}</p></Card>;
  return (
    <Card title={w("last")}>
      <Said visit={latest} names={names} />
      {before.length === 0 ? null : (
        <details>
          <summary class="small">{w("more_visits", { n: before.length })}</summary>
          {before.map((visit) => <Said key={visit.id} visit={visit} names={names} />)}
        </details>
      )}
    </Card>
  );
}

function Said({ visit, names }: { visit: Recent; names: ReadonlyMap<string, string> }) {
  const checked = visit.display_score === null ? "" : ` · ${w("score", { score: Number(visit.display_score) })}`;
  return (
    <div>
      <p class="quiet small">{w("last_by", { day: onDay(visit.on_date), name: visit.person_name })}{checked}</p>
      {visit.note === "" ? null : <p>{visit.note}</p>}
      {visit.failed.length === 0 ? null : <p class="small">{w("failed", { items: visit.failed.map((code) => names.get(code) ?? code).join(language.value === "zh" ? "、" : ", ") })}</p>}
      {visit.heard.length === 0 ? null : <p class="small">{w("heard")}{t("colon")}{visit.heard.map((one_) => one_.text).join(" ")}</p>}
    </div>
  );
}

export function ToBrief({ known }: { known: Known }) {
  const gated = new Set(known.gated.map((one_) => one_.version_id)), open = [...known.toBrief, ...known.gated];
  return (
    <Card title={w("policies")}>
      {open.length === 0 ? <p class="quiet">{w("policies_none")}</p> : null}
      <ul>
        {open.map((policy) => (
          <li key={policy.version_id}>
            <a href={`/app/learn/${policy.version_id}`}>{either(policy.title, policy.title_en)}</a>
            {policy.brief_by === null ? null : <> <small class="quiet">{w("brief_by", { day: onDay(policy.brief_by) })}</small></>}
            {gated.has(policy.version_id) ? <> <small class="quiet">{w("learn_first")}</small></> : null}
          </li>
        ))}
      </ul>
    </Card>
  );
}
