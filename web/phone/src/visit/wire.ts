// A draft as the visit that is sent: exactly VisitIn of visits/wire.py, under the draft's own id; and what comes with it. Pure.
import type { BriefingDraft, VisitDraft } from "./draft";
import { passes } from "./score";
import type { Item, Place, Purpose, Remark, Visit, WireAnswer, WireBriefing } from "./shapes";

export interface Told {
  visit: Visit;
  needs: readonly Raised[];
  promises: readonly Made[];
}
export interface Raised {
  id: string; retailer_id: string; kind: string; text: string; priority: number; raised_on: string; due_on: string | null; origin_visit_id: string;
  department: string | null; closed_on: null; outcome: null;
}
export interface Made {
  id: string; retailer_id: string; text: string; promised_on: string; due_on: string; origin_visit_id: string; state: "open"; settled_on: null; outcome: null;
}

/** The whole of what a visit tells. `items` are those of the draft's template, `on` the business day. */
export function toWire(draft: VisitDraft, items: readonly Item[], on: string): Told {
  const check = checked(draft, items);
  const visit: Visit = {
    id: draft.id, submission_id: draft.id, retailer_id: draft.shop_id, started_at: draft.started_at, ended_at: draft.ended_at,
    place: draft.place === null ? null : place(draft.place), away_reason: draft.away_reason.trim().slice(0, 200),
    persons_met: draft.persons_met.trim().slice(0, 120), note: draft.note.trim().slice(0, 4_000), check,
    observations: Object.entries(draft.seen).filter(([, seen]) => Object.keys(seen).length > 0).map(([id, seen]) => ({ product_id: Number(id), ...seen })),
    remarks: draft.remarks.filter((one) => one.text.trim() !== "").map(remark),
    briefings: Object.entries(draft.briefings).map(([version, one]) => briefing(Number(version), one, draft.persons_met)),
    pitches: Object.entries(draft.pitches).flatMap(([id, one]) => (one.accepted === null ? [] : [{ product_id: Number(id), accepted: one.accepted, refusal: one.accepted ? "" as const : one.refusal, words: one.words.trim().slice(0, 200) }])),
    stop_id: draft.stop_id, unplanned_reason: draft.stop_id === null ? draft.unplanned_reason : "", purposes: [], tags: [...draft.tags],
    left: draft.left === null ? null : place(draft.left), trainings: draft.trainings.filter((one) => one.topic.trim() !== "").map((one) => ({ ...one, topic: one.topic.trim() })),
    compliance: Object.keys(draft.compliance).length === 0 ? null : { ...draft.compliance },
    photos: shown(draft, check?.answers ?? []), confirmed_by: draft.confirmed_by.trim().slice(0, 60), signature: draft.signature, score: draft.score,
    typed_s: Math.min(86_400, Math.round(draft.typed_ms / 1_000)),
  };
  visit.purposes = purposes(draft, visit);
  const { id: origin_visit_id, shop_id: retailer_id } = draft;
  return {
    visit,
    needs: draft.needs.filter((one) => one.text.trim() !== "").map((one) => ({ ...one, text: one.text.trim(), retailer_id, raised_on: on, origin_visit_id, closed_on: null, outcome: null })),
    promises: draft.promises.filter((one) => one.text.trim() !== "").map((one) => ({ ...one, text: one.text.trim(), retailer_id, promised_on: on, origin_visit_id, state: "open", settled_on: null, outcome: null })),
  };
}

/** An opinion is of something: of a product, a policy, a campaign; a price is a price. */
export function lacksSubject(one: Remark): boolean {
  return (one.kind === "brand_opinion" && one.product_id === undefined) || (one.kind === "policy_opinion" && one.policy_id === undefined)
    || (one.kind === "campaign_opinion" && (one.campaign ?? "").trim() === "") || (one.kind === "flow_price" && one.price_fen === undefined);
}

/** What does not say what it is about is told as something else that was heard, so that its visit is not refused for it. */
const remark = (one: Remark): Remark => ({ ...one, kind: lacksSubject(one) ? "other" : one.kind, text: one.text.trim() });

function place(one: Place): Place {
  return { lon: one.lon, lat: one.lat, datum: one.datum, accuracy_m: one.accuracy_m, ...(one.mock === true ? { mock: true } : {}) };
}

/** Answers in the order of the items; what follows from a rule is not told. Put right is what failed and has its photo after. */
function checked(draft: VisitDraft, items: readonly Item[]): Visit["check"] {
  if (draft.template_version_id === null) return null;
  const photographed = new Set(draft.photos.map((photo) => photo.item ?? ""));
  const answers = items.flatMap((item): WireAnswer[] => {
    const one = draft.answers[item.code];
    if (item.rule !== undefined || one?.answer === undefined) return [];
    const mended = one.fixed === true && one.after !== undefined && passes(item, one.answer, photographed) === false;
    const photos = { ...(one.before === undefined ? {} : { before: one.before }), ...(one.after === undefined ? {} : { after: one.after }) };
    return [{ item: item.code, answer: one.answer, ...(mended ? { fixed: true } : {}), ...(mended ? photos : {}) }];
  });
  return answers.length === 0 ? null : { template_version_id: draft.template_version_id, answers };
}

function briefing(version: number, one: BriefingDraft, met: string): WireBriefing {
  const answers = Object.entries(one.choices).map(([question, choice]) => ({ question: Number(question), choice }));
  const toldTo = (one.told_to ?? met).trim().slice(0, 60), question = (one.question ?? "").trim();
  return {
    policy_version_id: version, ...(toldTo === "" ? {} : { told_to: toldTo }), ...(one.understanding === undefined ? {} : { understanding: one.understanding }),
    ...(question === "" ? {} : { question }), ...(answers.length === 0 ? {} : { answers }), ...(one.signature === undefined ? {} : { signature: one.signature }),
    ...(question !== "" && one.unanswered === true ? { unanswered: true } : {}),
  };
}

/** Every photo that was taken; of an item's answer it names the item. */
function shown(draft: VisitDraft, answers: readonly WireAnswer[]): Visit["photos"] {
  const items = new Map<string, string>();
  for (const one of answers) {
    for (const id of [one.before, one.after, one.answer]) if (typeof id === "string") items.set(id, one.item);
  }
  return draft.photos.map(({ id, sha256, bytes, taken_at, kind, item }) => {
    const of = items.get(id) ?? item;
    return { id, sha256, bytes, taken_at, kind, ...(of === undefined || of === "" ? {} : { item: of }) };
  });
}

const ORDER: readonly Purpose[] = ["service", "order", "display", "brand", "policy", "intelligence", "compliance", "training", "complaint"];

/** What it was for: as chosen, and by what it carries. */
function purposes(draft: VisitDraft, visit: Visit): Purpose[] {
  const carried: Partial<Record<Purpose, boolean>> = {
    display: visit.check !== null, brand: visit.pitches.length > 0, policy: visit.briefings.length > 0,
    intelligence: visit.remarks.length > 0 || visit.observations.length > 0, compliance: visit.compliance !== null, training: visit.trainings.length > 0,
    complaint: draft.needs.some((one) => one.kind === "complaint"),
  };
  return ORDER.filter((one) => draft.purposes.includes(one) || carried[one] === true || (one === "service" && draft.purposes.length === 0));
}
