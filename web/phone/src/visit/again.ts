// A visit that was told before, as a draft to mend: what toWire makes of it again is what stood (visit/wire.ts). Who may, and until when. Pure.
import type { AnswerDraft, BriefingDraft, PitchDraft, VisitDraft } from "./draft";
import { begun } from "./draft";
import type { Photo, Purpose, Remark, Seen, Training, Visit } from "./shapes";

/** A visit as the phone holds it: what its person told, and what the server says of it once it has it. */
export type Held = Partial<Visit> & Pick<Visit, "id" | "retailer_id" | "started_at"> & { person_id?: string; revision?: number; presence?: string };

/** Only the author edits or takes back (docs/decisions/0015), and as long as the phone holds the visit: this month and the last. */
export const isMine = (visit: Held, me: string): boolean => (visit.person_id ?? me) === me;

/** `template_version_id`: by which a check would be made now, where the visit has none. */
export function draftAgain(visit: Held, template_version_id: number | null): VisitDraft {
  const start = begun({
    id: visit.id, shop_id: visit.retailer_id, at: visit.started_at, place: visit.place ?? null, no_place: "", stop_id: visit.stop_id ?? null,
    template_version_id: visit.check?.template_version_id ?? template_version_id,
  });
  return {
    ...start, isEdit: true, ended_at: visit.ended_at ?? null, away_reason: visit.away_reason ?? "", left: visit.left ?? null,
    unplanned_reason: visit.unplanned_reason ?? "", purposes: chosen(visit), persons_met: visit.persons_met ?? "", note: visit.note ?? "",
    tags: visit.tags ?? [], answers: answers(visit), compliance: told(visit.compliance ?? {}),
    seen: Object.fromEntries((visit.observations ?? []).map(({ product_id, ...seen }) => [product_id, told<Omit<Seen, "product_id">>(seen)])),
    briefings: Object.fromEntries((visit.briefings ?? []).map((one) => [one.policy_version_id, briefing(one)])),
    pitches: Object.fromEntries((visit.pitches ?? []).map((one): [number, PitchDraft] => [one.product_id, { accepted: one.accepted, refusal: one.refusal ?? "", words: one.words ?? "" }])),
    remarks: (visit.remarks ?? []).map((one) => told<Remark>(one)), trainings: (visit.trainings ?? []).map((one) => told<Training>(one)),
    photos: (visit.photos ?? []).map((one): Photo => ({ ...told<Photo>(one), kind: one.kind ?? "other" })),
    confirmed_by: visit.confirmed_by ?? "", signature: visit.signature ?? null, score: visit.score ?? null, typed_ms: (visit.typed_s ?? 0) * 1_000,
  };
}

/** Without what is not told. */
function told<T extends object>(all: T): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined)) as T;
}

function answers(visit: Held): Record<string, AnswerDraft> {
  return Object.fromEntries((visit.check?.answers ?? []).map(({ item, answer, fixed, before, after }) => [item, {
    answer, ...(fixed === true ? { fixed } : {}), ...(before == null ? {} : { before }), ...(after == null ? {} : { after }),
  }]));
}

function briefing(one: NonNullable<Visit["briefings"]>[number]): BriefingDraft {
  const { policy_version_id: _, answers: said, ...rest } = told(one);
  return { ...rest, choices: Object.fromEntries((said ?? []).map(({ question, choice }) => [question, choice])) };
}

/** What it was for beyond what it carries: that follows again from what it will carry. */
function chosen(visit: Held): Purpose[] {
  const carried: Partial<Record<Purpose, boolean>> = {
    display: visit.check != null, brand: some(visit.pitches), policy: some(visit.briefings), intelligence: some(visit.remarks) || some(visit.observations),
    compliance: visit.compliance != null, training: some(visit.trainings),
  };
  const all = visit.purposes ?? [], beyond = all.filter((one) => carried[one] !== true);
  return beyond.length > 0 ? beyond : [...all];
}

const some = (all: readonly unknown[] | undefined): boolean => (all ?? []).length > 0;
