// The display check: each item with the last answer beside it, what it comes to at once, and faults put right on the spot.
import { Bar, Card, Choice } from "../ui";
import { language } from "../words";
import type { Here } from "./act";
import { Shoot, Shot } from "./fields";
import { NumberField } from "./pads";
import { passes, score } from "./score";
import type { Answered, Item, Task, Template } from "./shapes";
import { v } from "./words";
import { onToday } from "../sentences";

const photoItems = (draft: Here["draft"]): ReadonlySet<string> => new Set(draft.photos.map((photo) => photo.item ?? "").filter((item) => item !== ""));

export function Display(here: Here) {
  const { known, draft } = here, template = known.template;
  if (template === null) return <Card><p>{v("no_template")}</p></Card>;
  const told = Object.entries(draft.answers).flatMap(([item, one]) => (one.answer === undefined ? [] : [{ item, answer: one.answer }]));
  const result = score(template.items, told, known.before, photoItems(draft));
  const asked = template.items.filter((item) => item.rule === undefined);
  const carried = template.items.filter((item) => item.rule !== undefined);
  const done = asked.filter((item) => draft.answers[item.code]?.answer !== undefined).length;
  const elsewhere = known.tasks.filter((task) => task.kind === "item" && !asked.some((item) => isOf(task, item, template)));
  const title = language.value === "en" && template.name_en !== "" ? template.name_en : template.name;
  return (
    <>
      <div class="preview" role="status">
        <span>{title} {v("answered_of", { done, all: asked.length })}</span>
        <b>{done < asked.length || result.score === null ? v("score_after") : v("score_now", { score: result.score })}</b>
        <Bar value={done} most={asked.length} label={v("answered_of", { done, all: asked.length })} />
      </div>
      {elsewhere.length === 0 ? null : <Card title={v("other_tasks")}>{elsewhere.map((task) => <p class="task" key={task.id}>{named(task)}{v("colon")}{v("task_open", { count: task.failures, day: onToday(task.due_on) })}</p>)}</Card>}
      {asked.map((item) => <Asked key={item.code} item={item} here={here} task={known.tasks.find((one) => isOf(one, item, template))} />)}
      {carried.map((item) => <Card key={item.code} title={named(item)} tone="brand"><p class="quiet">{known.before.isFirst ? v("carried_first") : result.passed.get(item.code) ? v("carried_holds") : v("carried_lost")}</p></Card>)}
    </>
  );
}

/** A task is of one template's item: the same code of another template asks for something else. */
const isOf = (task: Task, item: Item, template: Template): boolean => task.kind === "item" && task.item_code === item.code && task.template_id === template.template_id;

export const named = (item: { name: string; name_en?: string }): string => (language.value === "en" && item.name_en ? item.name_en : item.name);

function Asked({ item, here, task }: { item: Item; here: Here; task: Task | undefined }) {
  const { known, draft, act } = here, one = draft.answers[item.code] ?? {};
  const set = (answer: Answered | undefined) => { act({ do: "answer", item: item.code, answer }); };
  const fine = one.answer === undefined ? undefined : passes(item, one.answer, photoItems(draft));
  const last = known.lastAnswers.get(item.code);
  return (
    <Card title={named(item)} tone="brand" aside={<span class="small quiet">{item.must_pass ? `${v("must_pass")} · ` : ""}{v("points", { points: item.weight })}</span>}>
      {task === undefined ? null : <p class="task">{v("task_open", { count: task.failures, day: onToday(task.due_on) })}</p>}
      {last !== undefined ? <p class="quiet small">{v("last_time")}{spelt(item, last.answer, known.products)}{v("aside", { words: last.on_date })}</p> : known.lastFailed.includes(item.code) ? <p class="quiet small">{v("last_time")}{v("failed")}</p> : null}
      <Control item={item} value={one.answer} set={set} here={here} last={last?.answer} />
      <label class="check"><input type="checkbox" checked={one.answer === null} onChange={() => { set(one.answer === null ? undefined : null); }} /> {v("not_applicable")}</label>
      {fine === false && item.kind !== "photo" ? <Mend item={item} here={here} /> : null}
    </Card>
  );
}

function spelt(item: Item, answer: unknown, products: Here["known"]["products"]): string {
  if (answer === null || answer === undefined) return v("not_applicable");
  if (item.kind === "yes_no") return answer === true || answer === 1 ? v("yes") : v("no");
  if (item.kind === "photo") return answer === false ? v("no") : v("yes");
  if (Array.isArray(answer)) {
    const seen = new Set(answer as number[]), lacking = (item.products ?? []).filter((id) => !seen.has(id));
    return v("seen_of", { seen: (item.products ?? []).length - lacking.length, all: (item.products ?? []).length }) + (lacking.length > 0 && lacking.length <= 3 ? `${v("comma")}${v("lacking")}${lacking.map((id) => products.get(id)?.name ?? id).join(v("list"))}` : "");
  }
  return String(answer as string | number);
}

interface ControlProps { item: Item; value: Answered | undefined; set: (answer: Answered | undefined) => void; here: Here; last: unknown }

function Control({ item, value, set, here, last }: ControlProps) {
  const label = named(item);
  if (item.kind === "yes_no") return <Choice label={label} hideLabel options={[{ value: true, label: v("yes") }, { value: false, label: v("no") }]} value={value === true || value === 1 ? true : value === false || value === 0 ? false : null} onChange={set} />;
  if (item.kind === "choice") return <Choice label={label} hideLabel options={(item.choices ?? []).map((one) => ({ value: one, label: one }))} value={typeof value === "string" ? value : null} onChange={set} />;
  if (item.kind === "count") return <NumberField label={v("count_needed", { count: Number(item.pass_at) })} value={typeof value === "number" ? value : undefined} last={typeof last === "number" ? last : undefined} onChange={set} />;
  if (item.kind === "photo") return <OnePhoto item={item} value={value} here={here} set={set} />;
  return <Products item={item} value={Array.isArray(value) ? (value as readonly number[]) : undefined} here={here} set={set} />;
}

function OnePhoto({ item, value, here: { draft, act }, set }: Pick<ControlProps, "item" | "value" | "here" | "set">) {
  const id = typeof value === "string" ? value : null;
  return (
    <>
      {id === null ? <Shoot label={v("shoot")} visitId={draft.id} kind="display" item={item.code} onPhoto={(photo) => { act({ do: "photo", photo }, { do: "answer", item: item.code, answer: photo.id }); }} />
        : <Shot id={id} label={named(item)} onDrop={() => { act({ do: "unphoto", id }); }} />}
      {id !== null ? null : <Choice label={named(item)} hideLabel options={[{ value: false, label: v("no_photo") }]} value={value === false ? false : null} onChange={set} />}
    </>
  );
}

/** All named products are there, or all but some: what is lacking is tapped, not what is there. */
function Products({ item, value, here: { known }, set }: { item: Item; value: readonly number[] | undefined; here: Here; set: (answer: Answered) => void }) {
  const named_ = item.products ?? [], seen = new Set(value ?? []);
  const flip = (id: number) => { set(named_.filter((one) => (one === id ? !seen.has(one) : seen.has(one)))); };
  return (
    <>
      <p class="small">{v("seen_of", { seen: named_.filter((id) => seen.has(id)).length, all: named_.length })}{v("comma")}{v("count_needed", { count: Number(item.pass_at) })}</p>
      <Choice label={named(item)} hideLabel options={[{ value: "all", label: v("all_there") }, { value: "none", label: v("none_there") }]}
        value={value === undefined ? null : seen.size === named_.length ? "all" : seen.size === 0 ? "none" : null} onChange={(one) => { set(one === "all" ? [...named_] : []); }} />
      <Choice label={v("tap_what_is_there")} many options={named_.map((id) => ({ value: id, label: known.products.get(id)?.name ?? String(id) }))} value={[...seen]} onChange={flip} />
    </>
  );
}

/** Put right on the spot: the photo before, then the one after, without which nothing counts as put right. */
function Mend({ item, here: { draft, act } }: { item: Item; here: Here }) {
  const one = draft.answers[item.code] ?? {};
  const take = (kind: "before" | "after") => (
    one[kind] === undefined
      ? <Shoot label={v(`shoot_${kind}`)} visitId={draft.id} kind={kind} item={item.code} onPhoto={(photo) => { act({ do: "photo", photo }, { do: "mend", item: item.code, with: kind === "before" ? { fixed: true, before: photo.id } : { fixed: true, after: photo.id } }); }} />
      : <Shot id={one[kind]} label={v(`photo_${kind}`)} onDrop={() => { act({ do: "unphoto", id: one[kind] ?? "" }); }} />
  );
  return (
    <details class="mend" open={one.fixed === true}>
      <summary>{v("fix_now")}</summary>
      <div class="pair">{take("before")}{take("after")}</div>
      {one.fixed === true && one.after === undefined ? <p class="quiet small" role="status">{v("fix_needs_after")}</p> : null}
    </details>
  );
}

