// Policies and new products to learn before one tells of them, without a network too. Opened at /app/learn and /app/learn/<version>.
import { useEffect } from "preact/hooks";
import type { ScreenProps } from "../app";
import { all } from "../data/live";
import { signedIn } from "../data/session";
import { Card, Empty, Page } from "../ui";
import { either, t } from "../words";
import { graded, gradeWaiting } from "./graded";
import { onDay, PolicyPage } from "./policy";
import { NewProducts } from "./products";
import { listed, standingOf, type Policy, type Standing } from "./quiz";
import { w } from "./words";

export default function Learn({ id }: ScreenProps) {
  const policies = all("policies").value, attempts = all("quiz_attempts").value, me = signedIn.value?.id ?? "";
  useEffect(() => { void gradeWaiting(); }, [attempts]);
  if (id !== "") {
    const policy = [...policies.values()].find((one) => String(one.version_id) === id);
    if (policy === undefined) return <Page title={t("learn")} back="/app/learn"><Empty title={w("gone")} href="/app/learn" action={w("to_list")} /></Page>;
    return <PolicyPage key={policy.version_id} policy={policy} />;
  }
  const standing = (policy: Policy): Standing => standingOf(policy, attempts.values(), me, graded.value);
  const rows = listed(policies.values(), standing), due = rows.filter((one) => standing(one) === "open" || standing(one) === "failed"), rest = rows.filter((one) => !due.includes(one));
  return (
    <Page title={t("learn")}>
      {due.length === 0 ? <Empty title={w("nothing")} note={w("nothing_note")} href="/app/" action={t("to_today")} /> : <List title={w("to_learn")} rows={due} standing={standing} />}
      <NewProducts />
      {rest.length === 0 ? null : <List title={w("learnt")} rows={rest} standing={standing} isShort />}
    </Page>
  );
}

function List({ title, rows, standing, isShort = false }: { title: string; rows: readonly Policy[]; standing: (policy: Policy) => Standing; isShort?: boolean }) {
  return (
    <Card title={title}>
      {rows.map((policy) => (
        <section key={policy.version_id}>
          <h3><a href={`/app/learn/${policy.version_id}`}>{either(policy.title, policy.title_en)}</a></h3>
          {isShort ? null : <p class="small">{policy.card}</p>}
          <p class="quiet small">{w(standing(policy))}{policy.brief_by === null ? "" : ` · ${w("brief_by", { day: onDay(policy.brief_by) })}`}</p>
        </section>
      ))}
    </Card>
  );
}
