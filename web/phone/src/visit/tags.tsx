// Price tags, licence and minors as found; what was not looked at stays unsaid.
import { Button, Card } from "../ui";
import type { Here } from "./act";
import { Said, Shoot, Shot, YesNo } from "./fields";
import { NumberField } from "./pads";
import type { Compliance } from "./shapes";
import { daysBetween } from "./steps";
import { v } from "./words";
import { onToday } from "../sentences";

const COUNTS = ["tags_missing", "tags_mismatched", "tags_altered", "tags_over_cap"] as const;
const LOOKS = ["licence_shown", "holder_trades", "goods_genuine", "minors_sign", "id_asked", "near_school"] as const;
const KINDS = ["tag", "licence"] as const;

export function Tags({ known, draft, act }: Here) {
  const told = draft.compliance, last = known.lastCompliance;
  const set = (what: Partial<Compliance>) => { act({ do: "comply", what }); };
  const ends = known.shop.licence_valid_until, days = ends === null ? null : daysBetween(known.today, ends);
  const right = told.tags_shown === undefined ? null : Math.max(0, told.tags_shown - (told.tags_missing ?? 0) - (told.tags_mismatched ?? 0) - (told.tags_altered ?? 0));
  const photos = draft.photos.filter((photo) => photo.kind === "tag" || photo.kind === "licence");
  return (
    <>
      <Card title={v("tags_title")}>
        {known.tasks.filter((task) => task.kind === "tags").map((task) => <p class="task" key={task.id}>{v("task_open", { count: task.failures, day: onToday(task.due_on) })}</p>)}
        <NumberField label={v("tags_shown")} value={told.tags_shown} last={last?.tags_shown} onChange={(value) => { set({ tags_shown: value as number }); }} />
        {told.tags_shown === undefined ? null : (
          <>
            <Button onClick={() => { set({ tags_missing: 0, tags_mismatched: 0, tags_altered: 0, tags_over_cap: 0 }); }}>{v("tags_all_right")}</Button>
            {COUNTS.map((name) => <NumberField key={name} label={v(name)} value={told[name]} last={last?.[name]} onChange={(value) => { set({ [name]: value }); }} />)}
            {right === null || told.tags_shown === 0 ? null : <p role="status">{v("tags_rate", { rate: ((100 * right) / told.tags_shown).toFixed(1) })}</p>}
          </>
        )}
      </Card>
      <Card title={v("law_title")}>
        {days === null ? null : <p class={days <= 30 ? "task" : "quiet"}>{days < 0 ? v("licence_ended", { day: ends === null ? "" : onToday(ends) }) : v("licence_until", { day: ends === null ? "" : onToday(ends), days })}</p>}
        <Button onClick={() => { set({ licence_shown: true, holder_trades: true, goods_genuine: true, minors_sign: true }); }}>{v("law_all_right")}</Button>
        {LOOKS.map((name) => <YesNo key={name} label={v(name)} value={told[name]} last={last?.[name] == null ? undefined : v(last[name] ? "yes" : "no")} onChange={(value) => { set({ [name]: value }); }} />)}
      </Card>
      <Card title={v("tags_words")}>
        <Said label={v("note")} value={told.words ?? ""} most={500} phrases={v("phrases_tags").split("|")} onChange={(words) => { set({ words }); }} />
        <div class="shots">{photos.map((photo) => <Shot key={photo.id} id={photo.id} label={v(photo.kind === "tag" ? "photo_tag" : "photo_licence")} onDrop={() => { act({ do: "unphoto", id: photo.id }); }} />)}</div>
        <div class="row">{KINDS.map((kind) => <Shoot key={kind} label={v(`shoot_${kind}`)} visitId={draft.id} kind={kind} onPhoto={(photo) => { act({ do: "photo", photo }); }} />)}</div>
      </Card>
    </>
  );
}
