// Which steps a visit has, and why each is there: a step without a reason does not appear, and can be added by hand. Pure.
import type { VisitDraft } from "./draft";
import type { Known } from "./known";
import { lacksSubject } from "./wire";

export const STEPS = ["start", "display", "tags", "goods", "policies", "pitches", "talk", "intelligence", "training", "end"] as const;
export type StepName = (typeof STEPS)[number];
export type Why =
  | "always" | "template" | "tasks" | "sampled" | "key" | "launch" | "licence" | "looked_long_ago" | "to_brief" | "promises" | "needs" | "chosen" | "told";
export interface Step { name: StepName; why: readonly Why[]; count: number }

const LOOK_DAYS = 28; // price tags, licence and the sign for minors are looked at once in four weeks
const LICENCE_DAYS = 30;

/** Days from one day to another, `2026-03-07`. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** The steps in their order, each with its reasons. `added`: those that the person asked for. */
export function stepsOf(known: Known, draft: VisitDraft): Step[] {
  const reasons: Record<StepName, [Why[], number]> = {
    start: [["always"], 0],
    display: display(known),
    tags: tags(known),
    goods: goods(known),
    policies: [known.toBrief.length > 0 ? ["to_brief"] : [], known.toBrief.length],
    pitches: [known.launches.length > 0 ? ["launch"] : [], known.launches.length],
    talk: talk(known),
    intelligence: [[], 0],
    training: [[], 0],
    end: [["always"], 0],
  };
  return STEPS.flatMap((name): Step[] => {
    const [why, count] = reasons[name];
    if (has(draft, name)) why.push("told");
    else if (why.length === 0 && draft.opened.includes(name)) why.push("chosen");
    return why.length === 0 ? [] : [{ name, why, count }];
  });
}

/** Steps that have no reason today and may be added. */
export function spare(known: Known, draft: VisitDraft): StepName[] {
  const shown = new Set(stepsOf(known, draft).map((step) => step.name));
  return STEPS.filter((name) => !shown.has(name) && (name !== "display" || known.template !== null));
}

function display(known: Known): [Why[], number] {
  const tasks = known.tasks.filter((task) => task.kind === "item").length;
  return [[...(known.template === null ? [] : ["template" as const]), ...(tasks > 0 ? ["tasks" as const] : [])], tasks];
}

function tags(known: Known): [Why[], number] {
  const why: Why[] = [], count = known.tasks.filter((task) => task.kind === "tags").length;
  if (count > 0) why.push("tasks");
  const ends = known.shop.licence_valid_until;
  if (ends !== null && daysBetween(known.today, ends) <= LICENCE_DAYS) why.push("licence");
  if (known.lookedOn === null || daysBetween(known.lookedOn, known.today) >= LOOK_DAYS) why.push("looked_long_ago");
  return [why, count];
}

function goods(known: Known): [Why[], number] {
  return [[...(known.sampled.length > 0 ? ["sampled" as const] : []), ...(known.keys.length > 0 ? ["key" as const] : [])], known.toLook.length];
}

function talk(known: Known): [Why[], number] {
  return [[...(known.promises.length > 0 ? ["promises" as const] : []), ...(known.needs.length > 0 ? ["needs" as const] : [])], known.promises.length + known.needs.length];
}

/** Whether the draft already tells something of a step: then it stays. */
function has(draft: VisitDraft, name: StepName): boolean {
  const some = (all: object): boolean => Object.keys(all).length > 0;
  switch (name) {
    case "display": return some(draft.answers);
    case "tags": return some(draft.compliance);
    case "goods": return some(draft.seen);
    case "policies": return some(draft.briefings);
    case "pitches": return some(draft.pitches);
    case "talk": return draft.needs.length + draft.promises.length > 0 || some(draft.settledNeeds) || some(draft.settledPromises);
    case "intelligence": return draft.remarks.length > 0;
    case "training": return draft.trainings.length > 0;
    default: return false;
  }
}

/** What is still to be said before the visit ends; it may end without. */
export type Missing = "away_reason" | "away_photo" | "place_reason" | "after_photo" | "remark_of";
export function missing(known: Known, draft: VisitDraft): Missing[] {
  const found: Missing[] = [];
  if (known.nearness === "away" || known.nearness === "mock") {
    if (draft.away_reason.trim() === "") found.push("away_reason");
    if (!draft.photos.some((photo) => photo.kind === "away")) found.push("away_photo");
  }
  if (draft.place === null && draft.away_reason.trim() === "") found.push("place_reason");
  if (Object.values(draft.answers).some((one) => one.fixed === true && one.after === undefined)) found.push("after_photo");
  if (draft.remarks.some((one) => one.text.trim() !== "" && lacksSubject(one))) found.push("remark_of");
  return found;
}
