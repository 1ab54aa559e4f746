// What was seen of each product at a shop, visit by visit, and what the shop bought by month; for the shop's card. Pure.
import type { Docs } from "../data/docs";

type Recent = Docs["recent_visits"]["visits"][number];
type Months = Docs["shop_months"]["months"];

export interface Series { product_id: number; stock: (number | null)[]; price: (number | null)[]; days: string[] }

/** Of each product seen in the last visits its stock (packs) and price (fen a carton), the earliest first; those seen most
 *  often first. A visit that did not look at it leaves a gap. */
export function seenSeries(visits: readonly Recent[]): Series[] {
  const ordered = [...visits].sort((a, b) => a.started_at.localeCompare(b.started_at)).filter((visit) => visit.seen.length > 0);
  const found = new Map<number, Series>();
  ordered.forEach((visit, at) => {
    for (const row of visit.seen) {
      const [product_id, stock, price] = row as [number, number | null, number | null];
      const series = found.get(product_id) ?? { product_id, stock: ordered.map(() => null), price: ordered.map(() => null), days: ordered.map((one) => one.on_date) };
      series.stock[at] = stock;
      series.price[at] = price;
      found.set(product_id, series);
    }
  });
  const count = (series: Series): number => series.stock.filter((value) => value !== null).length + series.price.filter((value) => value !== null).length;
  return [...found.values()].filter((series) => count(series) > 0).sort((a, b) => count(b) - count(a) || a.product_id - b.product_id);
}

/** The last thing known of a series, and what it was before; null where nothing is. */
export function lastTwo(values: readonly (number | null)[]): readonly [number | null, number | null] {
  const known = values.filter((value): value is number => value !== null);
  return [known.at(-1) ?? null, known.at(-2) ?? null];
}

/** The thirteen months up to `month`, the earliest first: what was bought in each, nothing as 0. */
export function bought(months: Months, month: string): { month: string; cartons: number; amount_fen: number }[] {
  const told = new Map(months.map((one) => [one.month, one]));
  const last = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1;
  return Array.from({ length: 13 }, (_, index) => {
    const at = last - 12 + index, name = `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
    return { month: name, cartons: told.get(name)?.cartons ?? 0, amount_fen: told.get(name)?.amount_fen ?? 0 };
  });
}

const HELD = 5; // visits of a shop that a phone is told of (docs/collections.md)

/** The day of the earliest visit that the phone is told of; null where it is told of all of the last half year. Pure. */
export const knownSince = (visits: readonly { on_date: string }[]): string | null => (visits.length < HELD ? null : visits.reduce((first, one) => (one.on_date < first ? one.on_date : first), "9999"));

/** Of policies that no known visit told, those that may be asked for: one that was to be briefed before the earliest visit
 *  that the phone knows of may well have been told then. `since`: the day of that visit (`knownSince`), null where the phone knows them all. Pure. */
export function stillToBrief<P extends { brief_by: string | null; released_at: string }>(policies: readonly P[], since: string | null): P[] {
  return policies.filter((one) => since === null || (one.brief_by ?? one.released_at.slice(0, 10)) >= since);
}

/** Days from one day to another; negative once it is past. */
export const daysTo = (day: string, today: string): number => Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);
