// What an author does with a visit that was told: mend it by the visit's own steps, take it back, and bring it back while that is
// unsent. Used by shop/mine.tsx and the Unsent screen; what becomes of it on the server is docs/decisions/0015.
import { keyOf } from "../data/keys";
import type { Docs, Loose } from "../data/docs";
import { draftOf, drop, keep } from "../data/drafts";
import { all } from "../data/live";
import { mine } from "../data/local";
import { put, takeBack } from "../data/write";
import { go } from "../route";
import { dayOf } from "../time";
import { draftAgain, type Held } from "./again";
import type { VisitDraft } from "./draft";
import { templateOf } from "./known";
import type { Shop, Template } from "./shapes";

const KEPT = "withdrawn/"; // of a visit that was taken back, until that was sent

export type Hindered = "draft_first" | "no_template" | "no_shop";

/** The visit is a draft again and its steps are open; null, or what stands in the way. */
export async function mend(visit: Held): Promise<Hindered | null> {
  const begun = draftOf<VisitDraft>(visit.retailer_id).peek();
  if (begun !== undefined && begun.id !== visit.id) return "draft_first";
  if (begun === undefined) {
    const shop = all("retailers").value.get(visit.retailer_id) as unknown as Shop | undefined;
    if (shop === undefined) return "no_shop";
    const templates = [...all("templates").value.values()] as unknown as Template[];
    if (visit.check != null && !templates.some((one) => one.version_id === visit.check?.template_version_id)) return "no_template";
    const again: VisitDraft = { ...draftAgain(visit, templateOf(shop, templates, dayOf(visit.started_at))?.version_id ?? null), step: "start", opened: ["start"] };
    await keep(again);
  }
  go(`/app/visit/${visit.retailer_id}`);
  return null;
}

/** The visit is gone here, and there once that was sent; what was being mended of it is gone too. */
export async function withdraw(visit: Held): Promise<void> {
  await forgetSent();
  await mine().keep(KEPT + visit.id, visit);
  await takeBack("visits", visit.id);
  await drop(visit.id);
}

/** The visit stands again, unless the server knows already that it was taken back: then false. */
export async function bringBack(id: string): Promise<boolean> {
  const [visit, waits] = await Promise.all([mine().value<Loose>(KEPT + id), mine().waiting.get(keyOf("visits", id))]);
  if (visit === undefined || waits === undefined || all("visits").value.has(id)) return false;
  await put("visits", visit as Docs["visits"]);
  await mine().values.delete(KEPT + id);
  return true;
}

/** Visits that were taken back and of which the server does not know it yet, by id. */
export async function takenBack(): Promise<ReadonlyMap<string, Held>> {
  const rows = await mine().values.where("key").startsWith(KEPT).toArray(), visits = all("visits").value;
  const waits = new Set((await mine().waiting.toArray()).map((row) => row.key));
  return new Map(rows.map((row) => row.value as Held).filter((one) => waits.has(keyOf("visits", one.id)) && !visits.has(one.id)).map((one) => [one.id, one]));
}

async function forgetSent(): Promise<void> {
  const still = await takenBack(), keys = await mine().values.where("key").startsWith(KEPT).primaryKeys();
  await mine().values.bulkDelete(keys.filter((key) => !still.has(key.slice(KEPT.length))));
}
