// What Today shows, kept as one small value, so that a start draws it before everything is read; written while the app is open and when
// it is left. It is shown for the moment until the whole is there, and never written from.
import { effect } from "@preact/signals";
import type { Collection, Loose } from "./docs";
import * as drafts from "./drafts";
import { all, fill, isWhole } from "./live";
import { phone } from "./local";
import { unsent, type Unsent } from "./status";
import { dayOf } from "../time";

const AHEAD = 5; // days that Today offers
const PAUSE_MS = 2_000;
type Held = Partial<Record<Collection, Loose[]>>;
interface Snapshot { person: string; held: Held; unsent: Unsent; drafts: readonly { draft: drafts.Draft; changed_at: string }[] }

const KEY = "today";

/** The stops of the next days and those that want a reason, their shops and cells, and what their reasons say. Pure over the live maps. */
export function taken(today: string): Held {
  const until = dayOf(new Date(Date.parse(`${today}T12:00:00+08:00`) + AHEAD * 86_400_000));
  const plan = [...all("plan").value.values()].filter((one) => (one.on_date >= today && one.on_date < until) || (one.state === "missed" && one.miss_reason === null));
  const near = plan.filter((one) => one.on_date >= today), shops = [...new Set(near.map((one) => one.retailer_id))];
  const reasons = near.flatMap((one) => one.reasons);
  const of = (collection: Collection, ids: Iterable<string>): Loose[] => [...new Set(ids)].flatMap((id) => { const one = all(collection).value.get(id) as Loose | undefined; return one === undefined ? [] : [one]; });
  const findings = of("findings", reasons.flatMap((one) => (one.kind === "finding" ? [one.id] : [])));
  const improvements = of("improvements", reasons.flatMap((one) => (one.kind === "improvement" ? [one.id] : [])));
  const said = new Set([...findings, ...improvements].map((one) => `${one.template}@${one.template_version ?? 1}`));
  for (const one of reasons) said.add(`stop.${(one as { code?: string }).code ?? ""}@1`);
  const settings = [...all("settings").value.values()].filter((one) => one.kind === "sentences").map((one): Loose => ({
    ...one, values: Object.fromEntries(Object.entries(one.values as Record<string, unknown>).filter(([name]) => said.has(name))),
  }));
  return { plan, retailers: of("retailers", shops), cycles: of("cycles", shops), findings, improvements, settings };
}

/** What was kept is in the live maps, where it is this person's; whether there was anything. */
export async function show(person: string): Promise<boolean> {
  const kept = await phone.value<Snapshot>(KEY);
  if (kept?.person !== person) return false;
  for (const [collection, documents] of Object.entries(kept.held)) fill(collection as Collection, documents);
  unsent.value = kept.unsent;
  drafts.show(kept.drafts);
  return true;
}

/** Keeps it from now on, until told to stop. */
export function follow(person: string): () => void {
  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    if (isWhole.peek()) void phone.keep(KEY, { person, held: taken(dayOf()), unsent: unsent.peek(), drafts: drafts.open.peek() } satisfies Snapshot).catch(() => undefined);
  };
  const changed = effect(() => {
    for (const name of ["plan", "retailers", "cycles", "findings", "improvements", "settings"] as const) void all(name).value;
    void unsent.value; void drafts.open.value;
    clearTimeout(timer);
    timer = window.setTimeout(keep, PAUSE_MS);
  });
  const left = () => { if (document.visibilityState === "hidden") keep(); };
  document.addEventListener("visibilitychange", left);
  return () => { changed(); clearTimeout(timer); document.removeEventListener("visibilitychange", left); };
}

export const forget = (): Promise<void> => phone.values.delete(KEY);
