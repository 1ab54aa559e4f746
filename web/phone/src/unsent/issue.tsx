// One row that was refused or lost a conflict: why, both values with their authors, and the two ways out.
import { useState } from "preact/hooks";
import { NoNetwork, Refused } from "../api/client";
import type { Loose } from "../data/docs";
import { reachable } from "../data/status";
import { clockOf } from "../time";
import { Button, Card, toast } from "../ui";
import { language, t } from "../words";
import { collectionOf, differing, kindOf, letGo, mineOf, reopen, sendMine } from "./mend";

interface Problem { title?: string; detail?: string; code?: string }
interface Conflict { mine?: Loose; theirs?: Loose | null; mine_by?: string; mine_at?: string; theirs_by?: string; theirs_at?: string }

const told = (value: unknown): string => (value === null || value === undefined || value === "" ? "–" : typeof value === "string" ? value : JSON.stringify(value));

function Value({ title, doc, by, at, fields }: { title: string; doc: Loose | null; by?: string | undefined; at?: string | undefined; fields: readonly string[] }) {
  return (
    <div>
      <h3>{title}</h3>
      {by === undefined ? null : <p class="quiet small">{t("by_at", { name: by, time: at === undefined ? "" : clockOf(at) })}</p>}
      {fields.map((field) => <pre class="told" key={field}>{told(doc?.[field])}</pre>)}
    </div>
  );
}

export const failed = (error: unknown): void => { toast(t("try_failed", { reason: error instanceof Refused ? error.detail || error.code : error instanceof NoNetwork ? t("why_offline") : String(error) })); };

export function Issue({ issue, onSettled }: { issue: Loose; onSettled: () => unknown }) {
  const [busy, setBusy] = useState(false);
  const problem = (issue.problem as Record<string, Problem> | undefined)?.[language.value === "zh" ? "zh-hans" : "en"] ?? (issue.problem as { en?: Problem } | undefined)?.en;
  const conflict = issue.conflict as Conflict | null | undefined;
  const hers = mineOf(issue);
  const fields = conflict ? differing(collectionOf(issue), hers, conflict.theirs ?? null) : [];
  const settle = async (act: () => Promise<void>, undo?: () => Promise<void>) => {
    setBusy(true);
    try {
      await act();
      toast(t("settled"), undo === undefined ? undefined : () => { undo().then(onSettled, failed); });
      onSettled();
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={`${kindOf(issue)} · ${problem?.title ?? ""}`} tone="note">
      <p>{problem?.detail}</p>
      {conflict ? (
        <div class="pair">
          <Value title={t("mine")} doc={hers} by={conflict.mine_by} at={conflict.mine_at} fields={fields} />
          <Value title={t("theirs")} doc={conflict.theirs ?? null} by={conflict.theirs_by} at={conflict.theirs_at} fields={fields} />
        </div>
      ) : null}
      <div class="row">
        {hers === null ? null : <Button disabled={busy} onClick={() => settle(() => sendMine(issue))}>{conflict ? t("send_mine") : t("resend")}</Button>}
        <Button disabled={busy || !reachable.value} onClick={() => settle(() => letGo(issue, conflict ? t("keep_theirs") : t("dismiss")), () => reopen(issue))}>{conflict ? t("keep_theirs") : t("dismiss")}</Button>
        {reachable.value ? null : <span class="quiet small">{t("needs_network")}</span>}
      </div>
    </Card>
  );
}
