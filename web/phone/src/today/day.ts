// A day of the plan: its stops in order, why each is visited, and what another order or day changes. Pure.
import type { Docs } from "../data/docs";
import { fit, initials } from "../visit/pinyin";
import type { Language } from "../words";

export type Stop = Docs["plan"];
export type Shop = Docs["retailers"];

/** The stops of a day that stand, in their order; those that share a place by their id. */
export function stopsOf(day: string, plan: Iterable<Stop>): Stop[] {
  const found = [...plan].filter((stop) => stop.on_date === day && stop.state !== "dropped");
  return found.sort((a, b) => a.position - b.position || a.id.localeCompare(b.id));
}

export interface Place { id: string; position: number }

/** What changes when the stop at `from` stands at `to`: places count from 1, and only stops that are still planned change. */
export function reordered(stops: readonly Stop[], from: number, to: number): Place[] {
  const next = [...stops];
  const [moved] = next.splice(from, 1);
  if (moved === undefined || to < 0 || to > next.length) return [];
  next.splice(to, 0, moved);
  return next.flatMap((stop, index) => (stop.state === "planned" && stop.position !== index + 1 ? [{ id: stop.id, position: index + 1 }] : []));
}

/** The days that a stop may move to: from today to the end of its month. */
export function daysLeft(stop: Stop, today: string): string[] {
  const month = stop.month.slice(0, 7), from = today > stop.month ? today : stop.month;
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  const first = from.startsWith(month) ? Number(from.slice(8, 10)) : last + 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${month}-${String(first + index).padStart(2, "0")}`).filter((day) => day !== stop.on_date);
}

/** The place after the last stop of a day. */
export const lastPlace = (day: string, plan: Iterable<Stop>): number => stopsOf(day, plan).reduce((last, stop) => Math.max(last, stop.position), 0) + 1;

/** Missed visits of past days that nobody gave a reason for; none of a month whose visits are handed in. */
export function unexplained(today: string, plan: Iterable<Stop>, handedIn: ReadonlySet<string> = new Set()): Stop[] {
  return [...plan].filter((stop) => stop.state === "missed" && stop.miss_reason === null && stop.on_date < today && !handedIn.has(stop.on_date.slice(0, 7))).sort((a, b) => b.on_date.localeCompare(a.on_date));
}

export interface Found { shop: Shop; rank: number }

/** Shops that a typed word names: by name, initials of its pinyin, holder, code or address; the best first, at most `most`. */
export function search(typed: string, shops: Iterable<Shop>, most = 20): Shop[] {
  const sought = typed.trim();
  if (sought === "") return [];
  const found: Found[] = [];
  for (const shop of shops) {
    const named = fit(sought, shop.name, [shop.code, shop.licence_no]);
    const held = named === null ? fit(sought, shop.holder) : null;
    const rank = named ?? (held === null ? (shop.address.includes(sought) ? 4 : null) : held + 2);
    if (rank !== null) found.push({ shop, rank });
  }
  found.sort((a, b) => a.rank - b.rank || initials(a.shop.name).localeCompare(initials(b.shop.name)) || a.shop.id.localeCompare(b.shop.id));
  return found.slice(0, most).map((one) => one.shop);
}

/** What the phone's own map opens: the point in the datum that it reads (WGS-84), else the address. */
export function mapLink(shop: Pick<Shop, "name" | "address">, point: readonly [number, number] | null): string {
  const said = encodeURIComponent(`${shop.name} ${shop.address}`.trim());
  if (point === null) return `geo:0,0?q=${said}`;
  const at = `${point[1].toFixed(6)},${point[0].toFixed(6)}`;
  return `geo:${at}?q=${at}(${encodeURIComponent(shop.name)})`;
}

/** Whether the shop is open at a time of the day, `14:05`; null where its hours are not known. */
export function isOpen(shop: Pick<Shop, "opens_at" | "closes_at">, time: string): boolean | null {
  if (shop.opens_at === null || shop.closes_at === null) return null;
  const from = shop.opens_at.slice(0, 5), to = shop.closes_at.slice(0, 5);
  return from <= to ? from <= time && time < to : time >= from || time < to;
}

/** `640 米`, `3.2 公里`. */
export function farness(metres: number, to: Language): string {
  const [near, far] = to === "zh" ? ["米", "公里"] : ["m", "km"], tens = Math.round(metres / 10) * 10;
  return tens < 1000 ? `${tens} ${near}` : `${(metres / 1000).toFixed(metres < 10_000 ? 1 : 0)} ${far}`;
}
