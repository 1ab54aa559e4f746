// Drafted sentences said on the phone: a template's words from the collection `settings`, its figures in their places.
// The kinds of places and their rounding are those of cycles/sentences.py.
import { all } from "./data/live";
import { dayOf } from "./time";
import { language, type Language } from "./words";

export type Figures = Readonly<Record<string, unknown>>;
const SHOWN = 5;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SAYS = {
  zh: { comma: "、", more: (n: number) => `等 ${n} 项`, none: "无" },
  en: { comma: ", ", more: (n: number) => ` (${n} in all)`, none: "none" },
};

/** A decimal rounded half up; numbers as text are exact. */
function rounded(value: unknown, least: number, most: number, grouped: boolean): string {
  const shape = new Intl.NumberFormat("en", { minimumFractionDigits: least, maximumFractionDigits: most, useGrouping: grouped });
  return shape.format(String(value) as `${number}`);
}

function onDay(value: unknown, year: boolean, to: Language): string {
  const [y = "", m = "", d = ""] = String(value).slice(0, 10).split("-");
  if (to === "zh") return `${year ? `${Number(y)}年` : ""}${Number(m)}月${Number(d)}日`;
  return `${Number(d)} ${MONTHS[Number(m) - 1] ?? m}${year ? ` ${y}` : ""}`;
}

function crossed(value: unknown, to: Language): string {
  return (value as readonly unknown[]).map((code) => {
    const limit = String(code).replace(/^GT_/, "");
    if (limit.endsWith("X")) return to === "zh" ? `超过户均 ${limit.slice(0, -1)} 倍` : `over ${limit.slice(0, -1)} times the mean`;
    return to === "zh" ? `超过 ${rounded(limit, 0, 1, true)} 条` : `over ${rounded(limit, 0, 1, true)} cartons`;
  }).join(SAYS[to].comma);
}

function shaped(value: unknown, kind: string, to: Language): string {
  const says = SAYS[to];
  if (value === null || value === undefined) return says.none;
  switch (kind) {
    case "n": return rounded(value, 0, 1, true).replace(/\.0$/, "");
    case "percent": return `${rounded(value, 1, 1, false)}%`;
    case "points": return `${rounded(value, 1, 1, false)}${to === "zh" ? " 个百分点" : " points"}`;
    case "yuan": return rounded(Number(value) / 100, 2, 2, true);
    case "date": return onDay(value, false, to);
    case "day": return onDay(value, true, to);
    case "over": return crossed(value, to);
    case "list": {
      const list = value as readonly unknown[];
      return list.slice(0, SHOWN).join(says.comma) + (list.length > SHOWN ? says.more(list.length) : "");
    }
    default: return String(value);
  }
}

/** A day in words, with its year where that is not the year of `today`. Pure. */
export const saidDay = (day: string, today: string, to: Language): string => onDay(day, day.slice(0, 4) !== today.slice(0, 4), to);

/** A day as it is said today, in the person's language. */
export const onToday = (day: string): string => saidDay(day.slice(0, 10), dayOf(), language.value);

/** Words with their places filled. A figure that is not told is said as none. Pure. */
export function fill(words: string, figures: Figures, to: Language): string {
  return words.replace(/\{(\w+)(?::(\w+))?\}/g, (_place, name: string, kind: string | undefined) => shaped(figures[name], kind ?? "", to));
}

/** A drafted sentence in the person's language; empty where the phone does not hold its words. */
export function say(template: string, version: number | null, figures: Figures | null): string {
  for (const doc of all("settings").value.values()) {
    if (doc.kind !== "sentences") continue;
    const pair = doc.values[`${template}@${version ?? 1}`];
    if (pair !== undefined) return fill(pair[language.value === "zh" ? 0 : 1], figures ?? {}, language.value);
  }
  return "";
}
