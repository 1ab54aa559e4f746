// The last step: the note by phrases, the retailer's word for it, and the check-out. What is missing is said, and holds nobody up.
import { useState } from "preact/hooks";
import { go } from "../route";
import { Button, Card, Choice, Sheet, toast } from "../ui";
import { change, type Here } from "./act";
import { Line, Said, Shoot, Shot } from "./fields";
import { finish } from "./finish";
import { locate } from "./locate";
import { Sign } from "./sign";
import { missing, stepsOf, type Missing, type StepName } from "./steps";
import { v } from "./words";

const LEVELS = [1, 2, 3, 4, 5] as const;
const isDev = (() => { try { return localStorage.getItem("field135.dev") !== null; } catch { return false; } })();
const LEAVE_MS = 6_000; // whoever leaves does not wait longer for a fix
const WHERE: Readonly<Record<Missing, StepName>> = { away_reason: "start", away_photo: "start", place_reason: "start", after_photo: "display", remark_of: "intelligence" };

export function End({ known, draft, act }: Here) {
  const photos = draft.photos.filter((photo) => photo.kind === "shop");
  const tag = (one: string) => { act({ do: "say", what: { tags: draft.tags.includes(one) ? draft.tags.filter((other) => other !== one) : [...draft.tags, one].slice(0, 10) } }); };
  return (
    <>
      <Card title={v("note")}>
        <Said label={v("note_label")} value={draft.note} rows={3} most={4_000} phrases={v("phrases_note").split("|")} last={known.recent?.note} onChange={(note) => { act({ do: "say", what: { note } }); }} />
        <Choice label={v("note_tags")} many options={v("tags_options").split("|").map((one) => ({ value: one, label: one }))} value={draft.tags} onChange={tag} />
        <div class="shots">{photos.map((photo) => <Shot key={photo.id} id={photo.id} label={v("photo_shop")} onDrop={() => { act({ do: "unphoto", id: photo.id }); }} />)}</div>
        <Shoot label={v("shoot_shop")} visitId={draft.id} kind="shop" onPhoto={(photo) => { act({ do: "photo", photo }); }} />
      </Card>
      <Confirm known={known} draft={draft} act={act} />
      <Leave known={known} draft={draft} act={act} />
    </>
  );
}

/** The retailer's own: a signature, and a score that the account manager does not get to see. */
function Confirm({ known, draft, act }: Here) {
  const [isAsked, setAsked] = useState(false);
  const met = [...new Set([draft.persons_met, known.shop.holder])].filter((one) => one !== "");
  return (
    <Card title={v("retailer_says")}>
      <Line label={v("confirmed_by")} value={draft.confirmed_by} options={met} onChange={(confirmed_by) => { act({ do: "say", what: { confirmed_by } }); }} />
      {draft.confirmed_by === "" && draft.signature === null ? null : <Sign draft={draft} act={act} signed={draft.signature} />}
      {draft.isEdit === true ? null : draft.score === null ? <Button wide onClick={() => { setAsked(true); }}>{v("ask_score")}</Button> : <p role="status">{v("scored")} <Button kind="quiet" onClick={() => { act({ do: "say", what: { score: null } }); }}>{v("score_again")}</Button></p>}
      <Sheet title={v("score_title")} open={isAsked} onClose={() => { setAsked(false); }}>
        <p>{v("score_note")}</p>
        {[...LEVELS].reverse().map((level) => <Button wide key={level} onClick={() => { setAsked(false); act({ do: "say", what: { score: level } }); }}>{v(`score_${level}`)}</Button>)}
      </Sheet>
    </Card>
  );
}

function Leave({ known, draft, act }: Here) {
  const [state, setState] = useState<"" | "busy" | "failed">("");
  const lacks = missing(known, draft);
  const told = stepsOf(known, draft).filter((step) => step.why.includes("told")).map((step) => v(`step_${step.name}`));
  const leave = async () => {
    setState("busy");
    try {
      const ended = change(draft.shop_id, draft.isEdit === true ? [] : [{ do: "end", at: new Date().toISOString(), left: (await locate(LEAVE_MS)).place }]);
      if (ended === undefined) return;
      await finish(ended, known.template?.items ?? []);
      go(`/app/shop/${draft.shop_id}`, "replace");
      toast(v("kept"));
    } catch {
      setState("failed");
    }
  };
  return (
    <Card title={v(draft.isEdit === true ? "edit_title" : "check_out_title")}>
      {draft.isEdit === true ? <p class="quiet">{v("edit_note")}</p> : null}
      <p>{told.length === 0 ? v("nothing_told") : told.join(v("list"))}</p>
      {lacks.length === 0 ? null : (
        <ul class="list">{lacks.map((one) => <li key={one}><button type="button" class="button plain" onClick={() => { act({ do: "go", step: WHERE[one] }); }}>{v(`missing_${one}`)}</button></li>)}</ul>
      )}
      {state === "failed" ? <p role="alert">{v("leave_failed")}</p> : null}
      <Button kind="main" wide disabled={state === "busy"} onClick={() => { void leave(); }}>{draft.isEdit === true ? v("edit_keep") : state === "busy" ? v("leaving") : lacks.length > 0 ? v("check_out_anyway") : v("check_out")}</Button>
      <p class="quiet small" id="counted" hidden={!isDev} data-typed={draft.typed} data-tapped={draft.tapped} data-seconds={Math.round((Date.now() - Date.parse(draft.started_at)) / 1_000)}>{v("counted", { typed: draft.typed, tapped: draft.tapped })}</p>
    </Card>
  );
}
