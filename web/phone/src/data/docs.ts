// What the phone holds, one type per collection, from the OpenAPI description of the server; used by everything that reads data.
import type { components } from "../api/schema";

type Schemas = components["schemas"];
/** The component `sync.<Name>` of docs/openapi.json once it is described there, else a document of which only the id is known. */
type Described<Name extends string> = `sync.${Name}` extends keyof Schemas ? Schemas[`sync.${Name}`] & { id: string } : Loose;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Loose { id: string; [field: string]: any }

export interface Docs {
  retailers: Described<"Retailers">;
  shop_months: Described<"ShopMonths">;
  recent_visits: Described<"RecentVisits">;
  products: Described<"Products">;
  policies: Described<"Policies">;
  templates: Described<"Templates">;
  findings: Described<"Findings">;
  actions: Described<"Actions">;
  improvements: Described<"Improvements">;
  cycles: Described<"Cycles">;
  settings: Described<"Settings">;
  display_tasks: Described<"DisplayTasks">;
  samples: Described<"Samples">;
  intelligence_items: Described<"IntelligenceItems">;
  policy_questions: Described<"PolicyQuestions">;
  notices: Described<"Notices">;
  sync_issues: Described<"SyncIssues">;
  visits: Described<"Visits">;
  quiz_attempts: Described<"QuizAttempts">;
  needs: Described<"Needs">;
  promises: Described<"Promises">;
  plan: Described<"Plan">;
  cell_words: Described<"CellWords">;
}
export type Collection = keyof Docs;

/** Told by the server alone, in the order in which a fresh phone needs them. */
export const DOWN = [
  "settings", "retailers", "recent_visits", "findings", "actions", "products", "policies", "templates", "display_tasks", "cycles", "shop_months",
  "improvements", "samples", "intelligence_items", "policy_questions", "notices", "sync_issues",
] as const satisfies readonly Collection[];

/** Written by the phone too. */
export const BOTH_WAYS = ["plan", "visits", "needs", "promises", "quiz_attempts", "cell_words"] as const satisfies readonly Collection[];

export type Down = (typeof DOWN)[number];
export type BothWays = (typeof BOTH_WAYS)[number];

export const isBothWays = (collection: string): collection is BothWays => (BOTH_WAYS as readonly string[]).includes(collection);

/** The fields that the phone owns (docs/collections.md): what is offered again after the server came back from a backup. */
export const OWNED: Readonly<Record<BothWays, readonly string[]>> = {
  visits: [
    "submission_id", "retailer_id", "started_at", "ended_at", "place", "away_reason", "persons_met", "note", "check", "observations", "remarks",
    "briefings", "pitches", "stop_id", "unplanned_reason", "purposes", "tags", "left", "trainings", "compliance", "photos", "confirmed_by",
    "signature", "score", "typed_s",
  ],
  quiz_attempts: ["version_id", "answers", "read_at", "answered_at"],
  needs: ["retailer_id", "kind", "text", "priority", "raised_on", "due_on", "origin_visit_id", "department", "closed_on", "outcome"],
  promises: ["retailer_id", "text", "promised_on", "due_on", "origin_visit_id", "state", "settled_on", "outcome"],
  plan: ["on_date", "position", "state", "miss_reason", "words"],
  cell_words: ["words"],
};

/** When a document was made by the person, for those that a restored server may have lost; null for the others. */
export function madeAt(collection: BothWays, doc: Loose): string | null {
  const field = { visits: "started_at", needs: "raised_on", promises: "promised_on", quiz_attempts: "answered_at", plan: null, cell_words: null }[collection];
  return field === null ? null : String(doc[field] ?? "");
}
