// What the visit reads of the phone's documents (docs/collections.md), and the visit as it is sent: VisitIn of visits/wire.py.
export interface Point { lon: number; lat: number; datum: Datum }
export type Datum = "WGS-84" | "GCJ-02" | "BD-09" | "unknown";

export interface Shop {
  id: string; code: string; name: string; holder: string; address: string; territory_id: number;
  lon: number | null; lat: number | null; datum: Datum;
  market_type: string | null; business_type: string | null; terminal_type: string | null; tier: number | null;
  licence_valid_until: string | null; contacts: readonly { id: string; name: string; relation: string }[];
}

export type Answered = boolean | number | string | readonly number[] | null;
export type ItemKind = "yes_no" | "count" | "choice" | "product_list" | "photo";
export interface Item {
  code: string; name: string; name_en?: string; kind: ItemKind; weight: number;
  pass_at?: number | readonly string[]; choices?: readonly string[]; products?: readonly number[];
  must_pass?: boolean; rule?: string; before?: boolean;
}
export interface Template {
  id: string; version_id: number; template_id: number; unit_id: number; level?: number; name: string; name_en: string;
  from_date: string; to_date: string | null; items: readonly Item[];
  terminal_types: readonly string[]; market_types: readonly string[]; tier_from: number | null; tier_to: number | null;
}

export interface Product {
  product_id: number; code: string; name: string; brand: string; is_home: boolean; packs_per_carton: number;
  carton_code: string; pack_code: string; guide_pack_fen: number | null; guide_carton_fen: number | null; on_sale: boolean;
}
export interface Listing { product_id: number; unit_id: number; from_date: string; to_date: string | null; is_launch: boolean }

export interface QuizQuestion { question: string; question_en?: string; choices: readonly string[]; choices_en?: readonly string[]; right: number }
export interface Policy {
  version_id: number; policy_id: number; title: string; title_en: string; card: string; number: number; effective_on: string | null; brief_by: string | null;
  market_types: readonly string[]; business_types: readonly string[]; terminal_types: readonly string[]; tier_from: number | null; tier_to: number | null;
  quiz: readonly unknown[]; shop_quiz: readonly QuizQuestion[]; released_at: string; superseded_at: string | null; recalled_at: string | null;
}

export interface Recent {
  id: string; on_date: string; person_name: string; note: string; display_score: string | null; checked: number; failed: readonly string[];
  briefed: readonly number[]; seen: readonly (readonly [number, number | null, number | null])[];
}
export interface Task { id: string; retailer_id: string; kind: "item" | "tags"; template_id: number | null; item_code: string; name: string; name_en: string; opened_on: string; due_on: string; failures: number; closed_on: string | null }
export interface Sample { id: string; retailer_id: string; week_on: string; products: readonly number[]; state: string }
export interface Promised { id: string; retailer_id: string; text: string; promised_on: string; due_on: string; state: "open" | "kept" | "dropped" }
export interface Needed { id: string; retailer_id: string; kind: string; text: string; priority: number; raised_on: string; due_on: string | null; closed_on: string | null }
export interface Stop { id: string; retailer_id: string; on_date: string; state: string; reasons: readonly unknown[] }

// -- the visit as it is sent -----------------------------------------------------------------------------------------

export interface Place extends Point { accuracy_m: number | null; mock?: boolean }
export type Purpose = "service" | "order" | "display" | "brand" | "policy" | "intelligence" | "compliance" | "training" | "complaint";
export type Unplanned = "" | "shop_asked" | "nearby" | "complaint" | "follow_up" | "told_to" | "other";
export type Refusal = "" | "price" | "slow" | "stock" | "unknown" | "margin" | "other";
export type RemarkKind = "brand_opinion" | "policy_opinion" | "campaign_opinion" | "rival_move" | "event" | "flow_price" | "irregular" | "consumer_trend" | "other";
export type PhotoKind = "shop" | "display" | "before" | "after" | "tag" | "licence" | "away" | "signature" | "other";

export interface WireAnswer { item: string; answer: Answered; fixed?: boolean; before?: string; after?: string }
export interface Seen {
  product_id: number; on_shelf?: boolean; carton_price_fen?: number; pack_price_fen?: number; stock_packs?: number; facings?: number; oos_days?: number;
  confidence?: number;
}
export interface Remark {
  kind: RemarkKind; text: string; product_id?: number; policy_id?: number; counter_proposal?: string; confidence?: number; place?: string;
  campaign?: string; price_fen?: number; quantity?: number;
}
export interface WireBriefing {
  policy_version_id: number; told_to?: string; understanding?: number; question?: string; answers?: { question: number; choice: number }[];
  signature?: string; unanswered?: boolean;
}
export interface Pitch { product_id: number; accepted: boolean; refusal: Refusal; words: string }
export interface Training { topic: string; minutes: number; told_to?: string; understanding?: number }
export interface Compliance {
  tags_shown?: number; tags_missing?: number; tags_mismatched?: number; tags_altered?: number; tags_over_cap?: number;
  licence_shown?: boolean; holder_trades?: boolean; goods_genuine?: boolean; minors_sign?: boolean; id_asked?: boolean; near_school?: boolean; words?: string;
}
export interface Photo { id: string; sha256: string; bytes: number; taken_at: string; kind: PhotoKind; item?: string }
export interface Visit {
  id: string; submission_id: string; retailer_id: string; started_at: string; ended_at: string | null; place: Place | null; away_reason: string;
  persons_met: string; note: string; check: { template_version_id: number; answers: WireAnswer[] } | null; observations: Seen[]; remarks: Remark[];
  briefings: WireBriefing[]; pitches: Pitch[]; stop_id: string | null; unplanned_reason: Unplanned; purposes: Purpose[]; tags: string[];
  left: Place | null; trainings: Training[]; compliance: Compliance | null; photos: Photo[]; confirmed_by: string; signature: string | null;
  score: number | null; typed_s: number | null;
}
