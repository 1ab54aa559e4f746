// Moments and days as a person reads them. The business day is Asia/Shanghai wherever the phone is.
import { language, t } from "./words";

const ZONE = "Asia/Shanghai";
const locale = (): string => (language.value === "zh" ? "zh-CN" : "en-GB");

/** The business day of a moment, `2026-03-07`. */
export function dayOf(moment: Date | string = new Date()): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(new Date(moment));
}

/** `3月7日 14:05`. */
export function clockOf(moment: Date | string): string {
  const parts: Intl.DateTimeFormatOptions = { timeZone: ZONE, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale(), parts).format(new Date(moment));
}

/** How long ago, to a day; after that the day itself. */
export function ago(moment: Date | string, now = Date.now()): string {
  const minutes = Math.floor((now - new Date(moment).getTime()) / 60_000);
  if (minutes < 1) return t("just_now");
  if (minutes < 60) return t("minutes_ago", { count: minutes });
  return minutes < 24 * 60 ? t("hours_ago", { count: Math.floor(minutes / 60) }) : clockOf(moment);
}
