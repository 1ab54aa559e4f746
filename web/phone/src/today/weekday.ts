// A day with its weekday, as Today and its sheets say it.
import { language } from "../words";

const shape = (zone: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", { ...zone, timeZone: "UTC" });

/** `11月23日周一`, `Mon, 23 Nov`. */
export const dayName = (day: string): string => shape({ month: "short", day: "numeric", weekday: "short" }).format(new Date(`${day}T00:00:00Z`));

/** `24日周二`, `Tue 24`. */
export const shortName = (day: string): string =>
  new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", { day: "numeric", weekday: "short", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));

/** `2026年11月`, `November 2026`. */
export const monthName = (month: string): string =>
  new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${month}-01T00:00:00Z`));

/** The day that many days later. */
export function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
