// The month's actions: accept them, or say why one is not to be done; for month/index.tsx. Deciding needs a network.
import { useState } from "preact/hooks";
import { act } from "../api/client";
import type { Docs } from "../data/docs";
import { all } from "../data/live";
import { reachable } from "../data/status";
import { fill, say } from "../sentences";
import { Button, Card, Choice, Sheet, toast } from "../ui";
import { language } from "../words";
import { reasonOf } from "./submit";
import { w } from "./words";

type Action = Docs["actions"];
const REASONS = ["done", "not_so", "no_supply", "holder", "later", "event", "other"] as const;
type Reason = (typeof REASONS)[number];
const SHOWN = 20;

const plain = (decimal: string | null): string => (decimal === null ? "—" : fill("{n:n}", { n: decimal }, language.value));
export const shopOf = (one: { retailer_id: string | null }): string => (one.retailer_id === null ? w("of_territory") : all("retailers").value.get(one.retailer_id)?.name ?? w("of_territory"));

export function Actions({ month }: { month: string }) {
  const [open, setOpen] = useState(false), [settled, setSettled] = useState<ReadonlySet<string>>(new Set()), [shown, setShown] = useState(SHOWN);
  const actions = [...all("actions").value.values()].filter((one) => one.month.startsWith(month));
  const drafted = actions.filter((one) => one.state === "drafted" && !settled.has(one.id)).sort((a, b) => Number(b.is_flagged) - Number(a.is_flagged) || a.due_on.localeCompare(b.due_on) || a.id.localeCompare(b.id));
  if (actions.length === 0) return null;
  const note = w("actions_note", { accepted: actions.filter((one) => one.state === "accepted").length, drafted: drafted.length });
  const settle = (ids: readonly string[], words: string): void => { setSettled((before) => new Set([...before, ...ids])); toast(words); };
  const acceptAll = (): void => {
    const ids = drafted.filter((one) => !one.is_flagged).map((one) => one.id);
    act("post", "/api/v1/actions/accept-all", { month }).then(() => { settle(ids, w("accepted_n", { n: ids.length })); }, (error: unknown) => { toast(reasonOf(error)); });
  };
  return (
    <Card title={w("actions")}>
      <p>{note}</p>
      {drafted.length === 0 ? null : (
        <div class="row">
          <Button disabled={!reachable.value} onClick={acceptAll}>{w("accept_all")}</Button>
          <Button kind="quiet" onClick={() => { setOpen(true); }}>{w("show_drafted", { n: drafted.length })}</Button>
        </div>
      )}
      {reachable.value || drafted.length === 0 ? null : <p class="quiet small">{w("offline")}</p>}
      <Sheet title={w("actions")} open={open} onClose={() => { setOpen(false); }}>
        {drafted.slice(0, shown).map((one) => <Decide key={one.id} action={one} onSettled={(words) => { settle([one.id], words); }} />)}
        {drafted.length > shown ? <Button wide onClick={() => { setShown(shown + SHOWN); }}>{w("more", { n: drafted.length - shown })}</Button> : null}
      </Sheet>
    </Card>
  );
}

function Decide({ action, onSettled }: { action: Action; onSettled: (words: string) => unknown }) {
  const [why, setWhy] = useState<Reason | null>(null), [isDropping, setDropping] = useState(false), [words, setWords] = useState("");
  const path = { id: action.id };
  const failed = (error: unknown): void => { toast(reasonOf(error)); };
  const accept = (): void => { act("post", "/api/v1/actions/{id}/accept", undefined, { path }).then(() => onSettled(w("accepted")), failed); };
  const drop = (reason: Reason): void => { act("post", "/api/v1/actions/{id}/drop", { reason, words: words.trim() }, { path }).then(() => onSettled(w("drop")), failed); };
  const choose = (reason: Reason): void => { setWhy(reason); if (reason !== "other") drop(reason); };
  return (
    <section class={`card tone-${action.dimension}`}>
      <h3>{shopOf(action)}</h3>
      <p>{say(action.template, action.template_version, action.parameters)}</p>
      <small class="quiet">{w(action.goal, { target: plain(action.target), baseline: plain(action.baseline) })}{action.is_flagged ? ` · ${w("flagged")}` : ""}</small>
      <div class="row"><Button disabled={!reachable.value} onClick={accept}>{w("accept")}</Button><Button kind="quiet" disabled={!reachable.value} onClick={() => { setDropping(!isDropping); }}>{w("drop")}</Button></div>
      {isDropping ? <Choice label={w("drop_why")} options={REASONS.map((value) => ({ value, label: w(`reason_${value}`) }))} value={why} onChange={choose} /> : null}
      {isDropping && why === "other" ? (
        <div class="row"><input class="input" aria-label={w("say_why")} maxLength={500} value={words} onInput={(event) => { setWords(event.currentTarget.value); }} /><Button disabled={words.trim() === "" || !reachable.value} onClick={() => { drop("other"); }}>{w("keep")}</Button></div>
      ) : null}
    </section>
  );
}
