// What the phone knows that matters at one shop today, gathered from the live maps for the visit's steps.
import { all } from "../data/live";
import { graded } from "../learn/graded";
import { standingOf } from "../learn/quiz";
import { knownSince, stillToBrief } from "../shop/history";
import { dayOf } from "../time";
import type { VisitDraft } from "./draft";
import { distanceM, nearness, type Nearness } from "./distance";
import { failedAnywhere, type Before, type Told } from "./score";
import type { Listing, Needed, Policy, Product, Promised, Recent, Sample, Shop, Stop, Task, Template, Visit } from "./shapes";

export interface LastSeen { on_date: string; stock_packs: number | null; carton_price_fen: number | null; facings?: number; on_shelf?: boolean; oos_days?: number; pack_price_fen?: number }
export interface Known {
  shop: Shop; today: string; template: Template | null; tasks: readonly Task[]; before: Before; lastAnswers: ReadonlyMap<string, { answer: unknown; on_date: string }>;
  lastFailed: readonly string[]; products: ReadonlyMap<number, Product>; keys: readonly number[]; launches: readonly number[]; wanted: readonly number[]; sampled: readonly number[]; toLook: readonly number[];
  lastSeen: ReadonlyMap<number, LastSeen>; policies: readonly Policy[]; toBrief: readonly Policy[]; gated: readonly Policy[];
  promises: readonly Promised[]; needs: readonly Needed[]; stop: Stop | null; recent: Recent | null; lookedOn: string | null; lastCompliance: Visit["compliance"];
  distance_m: number | null; limit_m: number; nearness: Nearness;
}

const STILL_TOLD_DAYS = 45;

const listed = <T>(collection: Parameters<typeof all>[0]): T[] => [...all(collection).value.values()] as unknown as T[];
const within = (from: string | null, to: string | null, on: string): boolean => (from === null || from <= on) && (to === null || to > on);

/** The value of a threshold that holds for the shop: the nearest unit's, else the default. */
export function setting(key: string, otherwise: number): number {
  const rows = listed<{ kind: string; level: number; values: Record<string, unknown> }>("settings").filter((row) => row.kind === "defaults" || row.kind === "values");
  rows.sort((a, b) => (a.kind === "defaults" ? -1 : b.kind === "defaults" ? 1 : a.level - b.level));
  let found: unknown = otherwise;
  for (const row of rows) if (key in row.values) found = row.values[key];
  return typeof found === "number" ? found : otherwise;
}

type Classed = Pick<Template, "terminal_types" | "market_types" | "tier_from" | "tier_to"> & { business_types?: readonly string[] };

/** Whether a template or policy names a shop by its classes; what is unknown is in no range. Pure. */
export function names(one: Classed, shop: Shop): boolean {
  const in_ = (all_: readonly string[] | undefined, value: string | null): boolean => all_ === undefined || all_.length === 0 || (value !== null && all_.includes(value));
  return in_(one.terminal_types, shop.terminal_type) && in_(one.market_types, shop.market_type) && in_(one.business_types, shop.business_type)
    && (one.tier_from === null || (shop.tier !== null && shop.tier >= one.tier_from)) && (one.tier_to === null || (shop.tier !== null && shop.tier <= one.tier_to));
}

/** The template by which the shop is checked on a day: the rule of visits/templates.py. Pure. */
export function templateOf(shop: Shop, templates: readonly Template[], on: string): Template | null {
  const close = (one: Template): number => Number(one.terminal_types.length > 0) + Number(one.market_types.length > 0) + Number(one.tier_from !== null || one.tier_to !== null);
  const fit = templates.filter((one) => within(one.from_date, one.to_date, on) && names(one, shop));
  fit.sort((a, b) => (b.level ?? 0) - (a.level ?? 0) || close(b) - close(a) || b.from_date.localeCompare(a.from_date) || b.version_id - a.version_id);
  return fit[0] ?? null;
}

/** Everything, as of now, for the person `me`; null while the phone does not hold the shop. */
export function knownOf(shopId: string, draft: VisitDraft | undefined, me: string): Known | null {
  const shop = all("retailers").value.get(shopId) as unknown as Shop | undefined;
  if (shop === undefined) return null;
  const today = dayOf(draft?.started_at ?? new Date());
  const templates = listed<Template>("templates");
  const chosen = templates.find((one) => one.version_id === draft?.template_version_id);
  const template = draft === undefined || draft.template_version_id === null ? templateOf(shop, templates, today) : (chosen ?? null);
  const visits = (listed<Visit & { presence?: string }>("visits")).filter((one) => one.retailer_id === shopId && one.id !== draft?.id && one.started_at < (draft?.started_at ?? "9999"));
  visits.sort((a, b) => b.started_at.localeCompare(a.started_at));
  const recent = (all("recent_visits").value.get(shopId) as unknown as { visits: Recent[] } | undefined)?.visits.filter((one) => one.id !== draft?.id) ?? [];
  const limit_m = shop.market_type === "C" ? setting("visits.near_m_urban", 200) : setting("visits.near_m_rural", 500);
  const distance_m = distanceM(draft?.place ?? null, shop);
  const looked = visits.find((one) => one.compliance != null);
  return {
    shop, today, template, tasks: listed<Task>("display_tasks").filter((one) => one.retailer_id === shopId && one.closed_on === null),
    ...checksBefore(template, templates, visits), lastFailed: recent.find((one) => one.checked > 0)?.failed ?? [],
    ...goodsOf(shopId, today, visits, recent), ...policiesOf(shop, today, recent, visits, me),
    promises: listed<Promised>("promises").filter((one) => one.retailer_id === shopId && one.state === "open").sort((a, b) => a.due_on.localeCompare(b.due_on)),
    needs: listed<Needed>("needs").filter((one) => one.retailer_id === shopId && one.closed_on == null).sort((a, b) => a.raised_on.localeCompare(b.raised_on)),
    stop: listed<Stop>("plan").find((one) => one.retailer_id === shopId && one.on_date === today && one.state === "planned") ?? null,
    recent: recent[0] ?? null, lookedOn: looked === undefined ? null : dayOf(looked.started_at), lastCompliance: looked?.compliance ?? null,
    distance_m, limit_m, nearness: nearness(draft?.place ?? null, distance_m, limit_m),
  };
}

/** What the check is held against, and what was answered last: from visits whose place is not in doubt. */
function checksBefore(template: Template | null, templates: readonly Template[], visits: readonly (Visit & { presence?: string })[]): Pick<Known, "before" | "lastAnswers"> {
  const of = new Map(templates.map((one) => [one.version_id, one]));
  const same = visits.find((one) => one.check != null && one.presence !== "to_verify" && one.presence !== "rejected" && of.get(one.check.template_version_id)?.template_id === template?.template_id);
  if (same?.check == null) return { before: { isFirst: true, failed: false }, lastAnswers: new Map() };
  const items = of.get(same.check.template_version_id)?.items ?? [];
  const told: Told[] = same.check.answers;
  const photos = new Set((same.photos ?? []).map((photo) => photo.item ?? ""));
  return {
    before: { isFirst: false, failed: failedAnywhere(items, told, photos) },
    lastAnswers: new Map(told.map((one) => [one.item, { answer: one.answer, on_date: dayOf(same.started_at) }])),
  };
}

function goodsOf(shopId: string, today: string, visits: readonly Visit[], recent: readonly Recent[]): Pick<Known, "products" | "keys" | "launches" | "wanted" | "sampled" | "toLook" | "lastSeen"> {
  const rows = listed<(Product | Listing) & { kind: string }>("products");
  const products = new Map(rows.filter((row) => row.kind === "product").map((row) => [row.product_id, row as unknown as Product]));
  const listings = rows.filter((row): row is Listing & { kind: string } => row.kind === "key" && within((row as Listing).from_date, (row as Listing).to_date, today));
  const keys = [...new Set(listings.map((row) => row.product_id))].filter((id) => products.has(id));
  const sample = listed<Sample>("samples").filter((one) => one.retailer_id === shopId && one.week_on <= today).sort((a, b) => b.week_on.localeCompare(a.week_on))[0];
  const sampled = sample?.state === "due" ? [...sample.products] : [];
  const lastSeen = new Map<number, LastSeen>();
  for (const visit of visits) {
    for (const { product_id, ...told } of visit.observations ?? []) {
      if (!lastSeen.has(product_id)) lastSeen.set(product_id, { stock_packs: null, carton_price_fen: null, ...told, on_date: dayOf(visit.started_at) });
    }
  }
  for (const visit of recent) {
    for (const [id, stock_packs, carton_price_fen] of visit.seen) if (!lastSeen.has(id)) lastSeen.set(id, { on_date: visit.on_date, stock_packs, carton_price_fen });
  }
  const launches = [...new Set(listings.filter((row) => row.is_launch).map((row) => row.product_id))].filter((id) => products.has(id));
  const wanted = wantedAt(shopId, today).filter((id) => products.has(id));
  return { products, keys, launches, wanted, sampled, toLook: [...new Set([...sampled, ...keys])], lastSeen };
}

/** Products that accepted actions of this month say to recommend at the shop. */
function wantedAt(shopId: string, today: string): number[] {
  const actions = [...all("actions").value.values()].filter((one) => one.retailer_id === shopId && one.serves === "pitch" && one.state === "accepted" && one.result === null && one.month.startsWith(today.slice(0, 7)));
  return [...new Set(actions.flatMap(({ parameters }) => {
    const ids: unknown = parameters["product_ids"];
    return Array.isArray(ids) ? ids.filter((id): id is number => typeof id === "number") : [];
  }))];
}

/** The phone knows what a shop was told at its last five visits: what was to be told long before is offered again, not asked for. Pure. */
export function isRecent(policy: Policy, today: string): boolean {
  const by = policy.brief_by?.slice(0, 10) ?? policy.released_at.slice(0, 10);
  return Date.parse(today) - Date.parse(by) <= STILL_TOLD_DAYS * 86_400_000;
}

/** Policies in force that name the shop; those it was not told yet are to brief, once their quiz is passed. */
function policiesOf(shop: Shop, today: string, recent: readonly Recent[], visits: readonly Visit[], me: string): Pick<Known, "policies" | "toBrief" | "gated"> {
  const policies = listed<Policy>("policies").filter((one) => one.superseded_at === null && one.recalled_at === null && names(one, shop) && one.released_at.slice(0, 10) <= today);
  policies.sort((a, b) => (a.brief_by ?? "9999").localeCompare(b.brief_by ?? "9999") || b.released_at.localeCompare(a.released_at));
  const told = new Set([...recent.flatMap((one) => one.briefed), ...visits.flatMap((one) => (one.briefings ?? []).map((row) => row.policy_version_id))]);
  const attempts = [...all("quiz_attempts").value.values()], found = graded.value;
  const open = stillToBrief(policies.filter((one) => !told.has(one.version_id) && isRecent(one, today)), knownSince(recent));
  const isGated = (one: Policy): boolean => ["open", "failed"].includes(standingOf(one, attempts, me, found));
  return { policies, toBrief: open.filter((one) => !isGated(one)), gated: open.filter(isGated) };
}
