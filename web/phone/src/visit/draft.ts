// The visit as it grows: one plain value, changed by acts alone (`next`), kept on the phone after each (index.tsx). Pure.
import type { Draft } from "../data/drafts";
import type { Answered, Compliance, Photo, Place, Purpose, Refusal, Remark, Seen, Training, Unplanned } from "./shapes";

export interface AnswerDraft { answer?: Answered; fixed?: boolean; before?: string; after?: string }
export interface BriefingDraft {
  told_to?: string; understanding?: number; question?: string; unanswered?: boolean; choices: Readonly<Record<number, number>>; signature?: string;
}
export interface PitchDraft { accepted: boolean | null; refusal: Refusal; words: string }
export interface NeedDraft { id: string; kind: string; text: string; priority: number; due_on: string | null; department: string | null }
export interface PromiseDraft { id: string; text: string; due_on: string }
export interface Settled { state: "kept" | "dropped" | "closed"; outcome: string }
export type WhyNoPlace = "" | "denied" | "unavailable" | "slow";

export interface VisitDraft extends Draft {
  readonly started_at: string; readonly ended_at: string | null;
  readonly place: Place | null; readonly no_place: WhyNoPlace; readonly away_reason: string; readonly left: Place | null;
  readonly stop_id: string | null; readonly unplanned_reason: Unplanned; readonly purposes: readonly Purpose[];
  readonly persons_met: string; readonly note: string; readonly tags: readonly string[];
  readonly template_version_id: number | null; readonly answers: Readonly<Record<string, AnswerDraft>>;
  readonly seen: Readonly<Record<number, Omit<Seen, "product_id">>>; readonly compliance: Compliance;
  readonly briefings: Readonly<Record<number, BriefingDraft>>; readonly pitches: Readonly<Record<number, PitchDraft>>;
  readonly remarks: readonly Remark[]; readonly trainings: readonly Training[];
  readonly needs: readonly NeedDraft[]; readonly promises: readonly PromiseDraft[];
  readonly settledPromises: Readonly<Record<string, Settled>>; readonly settledNeeds: Readonly<Record<string, Settled>>;
  readonly photos: readonly Photo[]; readonly confirmed_by: string; readonly signature: string | null; readonly score: number | null;
  /** The visit was sent before, or waits to be, and is mended now. */
  readonly isEdit?: boolean;
  readonly step: string; readonly opened: readonly string[]; readonly typed: number; readonly tapped: number; readonly typed_ms: number;
}

export interface Begin { id: string; shop_id: string; shop_name?: string; at: string; place: Place | null; no_place: WhyNoPlace; stop_id: string | null; template_version_id: number | null }

/** A visit begins with the tap that checks in; everything else is still to be said. */
export function begun(how: Begin): VisitDraft {
  return {
    id: how.id, shop_id: how.shop_id, ...(how.shop_name === undefined ? {} : { shop_name: how.shop_name }), started_at: how.at, ended_at: null, place: how.place, no_place: how.no_place, away_reason: "", left: null,
    stop_id: how.stop_id, unplanned_reason: "", purposes: [], persons_met: "", note: "", tags: [], template_version_id: how.template_version_id,
    answers: {}, seen: {}, compliance: {}, briefings: {}, pitches: {}, remarks: [], trainings: [], needs: [], promises: [], settledPromises: {},
    settledNeeds: {}, photos: [], confirmed_by: "", signature: null, score: null, step: "", opened: [], typed: 0, tapped: 0, typed_ms: 0,
  };
}

type Said = Pick<VisitDraft, "away_reason" | "unplanned_reason" | "persons_met" | "note" | "tags" | "purposes" | "confirmed_by" | "score" | "place" | "no_place">;
export type Act =
  | { do: "say"; what: Partial<Said> }
  | { do: "go"; step: string }
  | { do: "open"; step: string }
  | { do: "answer"; item: string; answer: Answered | undefined }
  | { do: "mend"; item: string; with: Pick<AnswerDraft, "fixed" | "before" | "after"> }
  | { do: "see"; product: number; what: Partial<Omit<Seen, "product_id">> }
  | { do: "pass"; product: number }
  | { do: "comply"; what: Partial<Compliance> }
  | { do: "brief"; version: number; what: Partial<BriefingDraft> | null }
  | { do: "choose"; version: number; question: number; choice: number }
  | { do: "pitch"; product: number; what: Partial<PitchDraft> | null }
  | { do: "remarks"; all: readonly Remark[] }
  | { do: "trainings"; all: readonly Training[] }
  | { do: "needs"; all: readonly NeedDraft[] }
  | { do: "promises"; all: readonly PromiseDraft[] }
  | { do: "settle"; of: "settledPromises" | "settledNeeds"; id: string; how: Settled | null }
  | { do: "photo"; photo: Photo }
  | { do: "unphoto"; id: string }
  | { do: "sign"; photo: Photo | null; version?: number }
  | { do: "count"; typed: number; tapped: number; typed_ms: number }
  | { do: "end"; at: string; left: Place | null };

/** The draft after an act; the draft itself never changes. An answer of undefined, a null, takes back what was said. */
export function next(draft: VisitDraft, act: Act): VisitDraft {
  switch (act.do) {
    case "say": return { ...draft, ...act.what };
    case "go": return { ...draft, step: act.step, opened: added(draft.opened, act.step) };
    case "open": return { ...draft, opened: added(draft.opened, act.step) };
    case "answer": return { ...draft, answers: answered(draft, act.item, act.answer) };
    case "mend": return { ...draft, answers: { ...draft.answers, [act.item]: { ...draft.answers[act.item], ...act.with } } };
    case "see": return { ...draft, seen: { ...draft.seen, [act.product]: told({ ...draft.seen[act.product], ...act.what }) } };
    case "pass": return { ...draft, seen: without(draft.seen, act.product) };
    case "comply": return { ...draft, compliance: told({ ...draft.compliance, ...act.what }) };
    case "brief": return { ...draft, briefings: act.what === null ? without(draft.briefings, act.version) : { ...draft.briefings, [act.version]: { choices: {}, ...draft.briefings[act.version], ...act.what } } };
    case "choose": return chosen(draft, act.version, act.question, act.choice);
    case "pitch": return { ...draft, pitches: act.what === null ? without(draft.pitches, act.product) : { ...draft.pitches, [act.product]: pitched({ accepted: null, refusal: "", words: "", ...draft.pitches[act.product], ...act.what }) } };
    case "remarks": return { ...draft, remarks: act.all };
    case "trainings": return { ...draft, trainings: act.all };
    case "needs": return { ...draft, needs: act.all };
    case "promises": return { ...draft, promises: act.all };
    case "settle": return { ...draft, [act.of]: act.how === null ? without(draft[act.of], act.id) : { ...draft[act.of], [act.id]: act.how } };
    case "photo": return { ...draft, photos: [...draft.photos, act.photo] };
    case "unphoto": return unphotographed(draft, act.id);
    case "sign": return signed(draft, act.photo, act.version);
    case "count": return { ...draft, typed: draft.typed + act.typed, tapped: draft.tapped + act.tapped, typed_ms: draft.typed_ms + act.typed_ms };
    case "end": return { ...draft, ended_at: act.at, left: act.left };
  }
}

const added = (all: readonly string[], one: string): readonly string[] => (all.includes(one) ? all : [...all, one]);

function without<T>(all: Readonly<Record<string | number, T>>, key: string | number): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== String(key)));
}

/** Without what was taken back. */
function told<T extends object>(all: T): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== "")) as T;
}

/** What was put right stands only beside an answer that needs it. */
function answered(draft: VisitDraft, item: string, answer: Answered | undefined): Record<string, AnswerDraft> {
  if (answer === undefined) return without(draft.answers, item);
  return { ...draft.answers, [item]: { ...draft.answers[item], answer } };
}

function chosen(draft: VisitDraft, version: number, question: number, choice: number): VisitDraft {
  const before = draft.briefings[version] ?? { choices: {} };
  return { ...draft, briefings: { ...draft.briefings, [version]: { ...before, choices: { ...before.choices, [question]: choice } } } };
}

const pitched = (pitch: PitchDraft): PitchDraft => (pitch.accepted === true ? { ...pitch, refusal: "" } : pitch);

/** A photo that is gone is named nowhere any more. */
function unphotographed(draft: VisitDraft, id: string): VisitDraft {
  const answers = Object.fromEntries(Object.entries(draft.answers).map(([item, one]) => {
    const { before, after, ...rest } = one;
    const left: AnswerDraft = { ...rest, ...(before === undefined || before === id ? {} : { before }), ...(after === undefined || after === id ? {} : { after }) };
    if (left.answer === id) left.answer = false;
    return [item, left];
  }));
  const briefings = Object.fromEntries(Object.entries(draft.briefings).map(([version, { signature, ...rest }]) => [version, signature === undefined || signature === id ? rest : { ...rest, signature }]));
  return { ...draft, answers, briefings, photos: draft.photos.filter((one) => one.id !== id), signature: draft.signature === id ? null : draft.signature };
}

function signed(draft: VisitDraft, photo: Photo | null, version?: number): VisitDraft {
  const old = version === undefined ? draft.signature : (draft.briefings[version]?.signature ?? null);
  const clean = old === null ? draft : unphotographed(draft, old);
  if (photo === null) return clean;
  const photos = [...clean.photos, photo];
  if (version === undefined) return { ...clean, photos, signature: photo.id };
  return { ...clean, photos, briefings: { ...clean.briefings, [version]: { choices: {}, ...clean.briefings[version], signature: photo.id } } };
}
