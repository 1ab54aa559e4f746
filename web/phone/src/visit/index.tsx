// The visit: from the tap at the door to the check-out. Opened at /app/visit/<shop>; what is said is kept at once (act.ts).
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ScreenProps } from "../app";
import { draftOf, drop, keep } from "../data/drafts";
import { all, hasShops } from "../data/live";
import { signedIn } from "../data/session";
import { gradeWaiting } from "../learn/graded";
import { go } from "../route";
import { Button, Card, Empty, Page, Sheet, toast } from "../ui";
import { change, noteKey, noteTap, type Here } from "./act";
import { begun, type Act, type VisitDraft } from "./draft";
import { knownOf, type Known } from "./known";
import { checkIn } from "./checkin";
import { Display } from "./display";
import { End } from "./end";
import { Gone } from "./gone";
import { Goods } from "./goods";
import { Intelligence } from "./intelligence";
import { Pitches } from "./pitches";
import { Policies } from "./policies";
import { Start } from "./start";
import { spare, stepsOf, type Step, type StepName } from "./steps";
import { Tags } from "./tags";
import { Talk } from "./talk";
import { Training } from "./training";
import { v } from "./words";
import { onToday } from "../sentences";

const SCREENS: Readonly<Record<StepName, (here: Here) => preact.JSX.Element>> = {
  start: Start, display: Display, tags: Tags, goods: Goods, policies: Policies, pitches: Pitches, talk: Talk, intelligence: Intelligence, training: Training, end: End,
};

export default function Visit({ id }: ScreenProps) {
  const draft = useMemo(() => draftOf<VisitDraft>(id), [id]).value;
  const known = knownOf(id, draft, signedIn.value?.id ?? ""), attempts = all("quiz_attempts").value;
  useEffect(() => { void gradeWaiting(); }, [attempts]);
  if (known === null && draft !== undefined && hasShops.value) return <Gone draft={draft} onDiscard={() => { void discard(draft, "/app/unsent"); }} />;
  if (known === null) return <Page title={v("visit")} back="/app/"><Empty title={v("no_shop")} href="/app/" action={v("to_today")} /></Page>;
  return (
    <div class="visit" onClickCapture={(event) => { if ((event.target as Element).closest("button, a, input, summary") !== null) noteTap(); }} onInputCapture={(event) => { if (isTyped(event.target)) noteKey(); }}>
      {draft === undefined ? <Door known={known} /> : <Steps known={known} draft={draft} />}
    </div>
  );
}

const isTyped = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !["file", "radio", "checkbox", "date"].includes(target.type));

function Door({ known }: { known: Known }) {
  const { shop, recent } = known;
  const begins = stepsOf(known, begun({ id: "", shop_id: shop.id, at: "", place: null, no_place: "", stop_id: null, template_version_id: null })).filter((step) => step.name !== "start" && step.name !== "end");
  return (
    <Page title={shop.name} back={`/app/shop/${shop.id}`}>
      <Card>
        <p>{shop.holder} · {shop.address}</p>
        {recent === null ? <p class="quiet">{v("never_visited")}</p> : <p class="quiet">{v("last_visit", { day: onToday(recent.on_date), person: recent.person_name })}{recent.note === "" ? "" : `${v("colon")}${recent.note}`}</p>}
      </Card>
      <Card title={v("will_ask")}>
        <ul class="list">{begins.map((step) => <li key={step.name}><b>{v(`step_${step.name}`)}</b><span class="quiet small">{reasons(step)}</span></li>)}</ul>
      </Card>
      <div class="thumb"><Button kind="main" wide onClick={() => { void checkIn(known); }}>{v("check_in")}</Button></div>
    </Page>
  );
}

const reasons = (step: Step): string => step.why.map((why) => v(`why_${why}`, { count: step.count })).filter((word) => word !== "").join(v("comma"));

function Steps({ known, draft }: { known: Known; draft: VisitDraft }) {
  const [isOpen, setOpen] = useState(false);
  const [mayDrop, setMayDrop] = useState(false);
  const shopId = known.shop.id;
  const steps = stepsOf(known, draft);
  const at = Math.max(0, steps.findIndex((step) => step.name === draft.step));
  const now = steps[at]?.name ?? "start", Screen = SCREENS[now];
  const act = (...acts: Act[]) => { change(shopId, acts); };
  const to = (step: StepName | undefined) => {
    if (step === undefined) return;
    setOpen(false);
    act({ do: "go", step });
    scrollTo(0, 0);
    requestAnimationFrame(() => document.getElementById("main")?.focus({ preventScroll: true }));
  };
  return (
    <Page title={v(`step_${now}`)} back={`/app/shop/${shopId}`} aside={<Button kind="quiet" onClick={() => { setOpen(true); }} aria-haspopup="dialog">{v("step_of", { at: at + 1, all: steps.length })}</Button>}>
      <p class="quiet small step-shop">{known.shop.name}{draft.isEdit === true ? ` · ${v("edit_title")}` : ""}{steps[at] && steps[at].why[0] !== "always" ? ` · ${reasons(steps[at])}` : ""}</p>
      <Screen known={known} draft={draft} act={act} key={now} />
      <nav class="thumb pair" aria-label={v("steps")}>
        <Button onClick={() => { to(steps[at - 1]?.name); }} disabled={at === 0}>{v("previous")}</Button>
        {at < steps.length - 1 ? <Button kind="main" onClick={() => { to(steps[at + 1]?.name); }}>{v("next")}</Button> : <span />}
      </nav>
      <Sheet title={v("steps")} open={isOpen} onClose={() => { setOpen(false); setMayDrop(false); }}>
        {steps.map((step, n) => <Button wide key={step.name} kind={n === at ? "main" : "plain"} onClick={() => { to(step.name); }}>{v(`step_${step.name}`)}</Button>)}
        <h3>{v("add_step")}</h3>
        <div class="phrases">{spare(known, draft).map((name) => <button type="button" class="phrase" key={name} onClick={() => { to(name); }}>{v(`step_${name}`)}</button>)}</div>
        {mayDrop
          ? <Button kind="danger" wide onClick={() => { void discard(draft); }}>{v(draft.isEdit === true ? "edit_drop_sure" : "discard_sure")}</Button>
          : <Button kind="quiet" wide onClick={() => { setMayDrop(true); }}>{v(draft.isEdit === true ? "edit_drop" : "discard")}</Button>}
      </Sheet>
    </Page>
  );
}

/** The draft leaves, with a way back for a while. */
async function discard(draft: VisitDraft, to = `/app/shop/${draft.shop_id}`): Promise<void> {
  await drop(draft.id);
  go(to, "replace");
  toast(v(draft.isEdit === true ? "edit_dropped" : "discarded"), () => { void keep(draft).then(() => { go(`/app/visit/${draft.shop_id}`, "replace"); }); });
}
