/** What a chart is told, as web/boards/market_charts.py writes it into the page. */

export type Value = number | null;

export interface Series {
  readonly name: string;
  readonly role: "" | "quiet" | "forecast";
  readonly values: readonly Value[];
}

export interface Spec {
  readonly kind: "lines" | "bars" | "range" | "map";
  readonly title: string;
  readonly measure: string;
  readonly places: number;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  readonly links: readonly string[];
  readonly codes: readonly string[];
  readonly shapes: string;
  readonly shades: readonly (readonly [number, number, string])[];
  readonly reference: { readonly name: string; readonly value: number } | null;
}

/** The numbers of the page's words: 1,234.5. */
export function exact(value: Value | undefined, places: number): string {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}

/** A number as an axis shows it: 12万 in Chinese, 120k in English. */
export function short(value: number, english: boolean): string {
  const size = Math.abs(value);
  const plain = (n: number): string => n.toLocaleString("en-US", { maximumFractionDigits: 1 });
  if (english && size >= 1_000_000) return `${plain(value / 1_000_000)}m`;
  if (english && size >= 10_000) return `${plain(value / 1_000)}k`;
  if (!english && size >= 100_000_000) return `${plain(value / 100_000_000)}亿`;
  if (!english && size >= 10_000) return `${plain(value / 10_000)}万`;
  return plain(value);
}

/** From the least to the most of all values, or null where nothing is known. */
export function bounds(series: readonly Series[]): readonly [number, number] | null {
  const known = series.flatMap((one) => one.values).filter((value): value is number => value !== null);
  return known.length === 0 ? null : [Math.min(...known), Math.max(...known)];
}

/** Where the axis of a line begins: at zero, unless all values lie so far from it that nothing would be seen. */
export function floor(series: readonly Series[]): number {
  const found = bounds(series);
  if (found === null || found[0] < 0) return 0;
  const [least, most] = found;
  if (least < most * 0.6) return 0;
  const step = 10 ** Math.floor(Math.log10(Math.max(most - least, most * 0.02)));
  return Math.max(0, Math.floor((least - (most - least) * 0.5) / step) * step);
}
