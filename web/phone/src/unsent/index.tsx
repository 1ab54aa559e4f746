// Unsent: what waits, why, a way to try now; what was refused or lost a conflict, and what to do about it; who is signed in.
import { useEffect, useState } from "preact/hooks";
import { effect } from "@preact/signals";
import type { Loose } from "../data/docs";
import * as drafts from "../data/drafts";
import { all, hasShops } from "../data/live";
import { mine, type KeptPhoto, type Waiting } from "../data/local";
import { signedIn, signOut, type Left } from "../data/session";
import { hindrance, issues, lastPulledAt, persisted, reachable, refusal, sends, unsent, waits } from "../data/status";
import { now } from "../sync";
import { progress } from "../sync/uploads";
import { ago, clockOf } from "../time";
import { Button, Card, Empty, Page, Sheet, toast } from "../ui";
import { either, language, speak, t } from "../words";
import { declared } from "../data/waiting";
import { Acts } from "../shop/mine";
import type { Held } from "../visit/again";
import { bringBack, takenBack } from "../visit/edit";
import { isUndoable, kindOf, reopen, settledHere } from "./mend";
import { failed, Issue } from "./issue";

interface Rows { documents: Waiting[]; photos: KeptPhoto[]; settled: ReadonlySet<string>; back: ReadonlyMap<string, Held> }

/** Read again whenever the counts change; null until it was read once, for then nobody knows whether all is sent. */
function useRows(): [Rows | null, () => void] {
  const [rows, setRows] = useState<Rows | null>(null);
  const read = () => {
    void Promise.all([mine().waiting.toArray(), mine().photos.filter((photo) => photo.state === "kept").toArray(), settledHere(), takenBack()])
      .then(([documents, kept, settled, back]) => { setRows({ documents, photos: kept.filter(declared()), settled, back }); }, () => undefined);
  };
  useEffect(() => effect(() => { void unsent.value; void issues.value; read(); }), []);
  return [rows, read];
}

const shopName = (id: unknown): string => String((all("retailers").value.get(String(id)) as Loose | undefined)?.name ?? "");

function why(): string {
  if (!reachable.value) return t("why_offline");
  const told = { auth: "why_auth", outdated: "why_outdated", server: "why_server", denied: "why_denied" } as const;
  if (hindrance.value === "refused") return t("why_refused", { code: refusal.value });
  return hindrance.value === null ? t("why_soon") : t(told[hindrance.value]);
}

export default function Unsent() {
  const [rows, again] = useRows();
  if (rows === null) return <Page title={t("unsent")}><p class="quiet" aria-busy="true" /></Page>;
  const { documents, photos, settled, back } = rows, open = issues.value.filter((issue) => !settled.has(issue.id));
  return (
    <Page title={t("unsent")} aside={<Button onClick={now} disabled={waits.value === 0}>{t("retry")}</Button>}>
      <p class="quiet">
        {lastPulledAt.value === null ? t("never_synced") : t("synced_at", { time: ago(lastPulledAt.value) })}
        {sends.value ? "" : ` · ${t("second_tab")}`}
      </p>
      {documents.length + photos.length === 0 ? <Empty title={t("waiting_none")} note={t("waiting_none_note")} href="/app/" action={t("to_today")} /> : <Waits documents={documents} photos={photos} back={back} />}
      {open.length === 0 ? null : (
        <section>
          <h2>{t("issues")}</h2>
          <ul class="list">{open.map((issue) => <li key={issue.id}><Issue issue={issue} onSettled={again} /></li>)}</ul>
        </section>
      )}
      <LetGo onSettled={again} />
      <Unfinished />
      <Me />
    </Page>
  );
}

function Waits({ documents, photos, back }: Omit<Rows, "settled">) {
  const oldest = unsent.value.oldest_at;
  return (
    <Card title={t("unsent_count", { count: documents.length + photos.length })}>
      <p>{why()}{oldest === null ? "" : ` · ${t("waiting_since", { time: ago(oldest) })}`}</p>
      <ul class="list" data-testid="waiting">
        {documents.map((row) => {
          const doc = all(row.collection as "visits").value.get(row.id) as Loose | undefined;
          const gone = row.collection === "visits" ? back.get(row.id) : undefined, isVisit = row.collection === "visits" && doc !== undefined;
          return (
            <li key={row.key}>
              <span>{gone === undefined ? t(row.collection as "visits") : t("withdrawn")} · {shopName((doc ?? gone)?.retailer_id)} <span class="quiet small">{clockOf(row.since)}</span></span>
              {isVisit ? <Acts visit={doc as unknown as Held} /> : null}
              {gone === undefined ? null : <div class="row"><Button onClick={() => { void undo(gone.id); }}>{t("bring_back")}</Button></div>}
            </li>
          );
        })}
        {photos.map((photo) => {
          const sent = progress.value.get(photo.id);
          return <li key={photo.id}>{t("kind_photos")} <span class="quiet small">{sent === undefined ? t("why_photo_waits") : t("photo_sending", { percent: sent })}</span></li>;
        })}
      </ul>
    </Card>
  );
}

const undo = async (id: string): Promise<void> => { toast(t(await bringBack(id) ? "brought_back" : "back_too_late")); };

/** Issues that were let go in the last ten minutes: one more press opens them again. */
function LetGo({ onSettled }: { onSettled: () => unknown }) {
  const found = [...all("sync_issues").value.values()].filter((issue) => isUndoable(issue, Date.now()));
  if (found.length === 0) return null;
  return (
    <Card title={t("let_go")}>
      <ul class="list">
        {found.map((issue) => <li key={issue.id}><span>{kindOf(issue)} · {clockOf(issue.settled_at ?? "")}</span><div class="row"><Button disabled={!reachable.value} onClick={() => { reopen(issue).then(onSettled, failed); }}>{t("undo")}</Button></div></li>)}
      </ul>
    </Card>
  );
}

function Unfinished() {
  if (drafts.open.value.length === 0) return null;
  return (
    <Card title={t("drafts")}>
      <ul class="list">
        {drafts.open.value.map(({ draft, changed_at }) => (
          <li key={draft.id}><a class="button plain" href={`/app/visit/${draft.shop_id}`}>{shopName(draft.shop_id) || draft.shop_name} · {t("draft_at", { time: ago(changed_at) })}</a>{hasShops.value && shopName(draft.shop_id) === "" ? <p class="small">{t("draft_gone")}</p> : null}</li>
        ))}
      </ul>
    </Card>
  );
}

function Me() {
  const [left, setLeft] = useState<Omit<Left, "person" | "name"> | null>(null);
  const person = signedIn.value;
  if (person === null) return null;
  const leave = async (anyway: boolean) => { setLeft(await signOut(anyway)); };
  return (
    <Card title={t("person")}>
      <p>{either(person.name, person.name_en ?? "")}</p>
      {persisted.value === false ? <p class="quiet">{t("not_kept")}</p> : null}
      <div class="row">
        <Button onClick={() => { speak(language.value === "zh" ? "en" : "zh"); toast(t("done")); }}>{t("language")}</Button>
        <Button onClick={() => leave(false)}>{t("sign_out")}</Button>
      </div>
      <p class="quiet small">{t("version", { version: APP_VERSION })}</p>
      <Sheet title={t("sign_out")} open={left !== null} onClose={() => { setLeft(null); }}>
        <p>{t("sign_out_unsent", { documents: (left?.documents ?? 0) + (left?.drafts ?? 0), photos: left?.photos ?? 0 })}</p>
        <Button kind="danger" wide onClick={() => leave(true)}>{t("sign_out_anyway")}</Button>
        <Button wide onClick={() => { setLeft(null); }}>{t("cancel")}</Button>
      </Sheet>
    </Card>
  );
}
