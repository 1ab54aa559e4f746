// Every word that a person reads on the phone. Chinese is the source; English must name the same keys, or nothing compiles.
// A screen makes its own with `words(zh, en)`; `t` holds what the shell and several screens say.
import { signal } from "@preact/signals";
import { en } from "./en";
import { zh } from "./zh";

export type Language = "zh" | "en";
export type Params = Readonly<Record<string, string | number>>;

const KEPT_AS = "field135.language";

function kept(): Language {
  try {
    return localStorage.getItem(KEPT_AS) === "en" ? "en" : "zh";
  } catch {
    return "zh";
  }
}

export const language = signal<Language>(kept());

/** Says everything in this language from now on, also after a restart. */
export function speak(next: Language): void {
  language.value = next;
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // a browser that keeps nothing asks again at its next start
  }
  if (typeof document !== "undefined") document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
}

/** The words of one screen: `t(key, {name: value})` in the language of the person, `{name}` being a place. */
export function words<K extends string>(zhWords: Readonly<Record<K, string>>, enWords: Readonly<Record<NoInfer<K>, string>>) {
  return (key: K, params: Params = {}): string => {
    const found: string = (language.value === "zh" ? zhWords : enWords)[key];
    return found.replace(/\{(\w+)\}/g, (place, name: string) => String(params[name] ?? place));
  };
}

/** Of a pair that the server tells in both languages, the person's. */
export function either(chinese: string, english: string): string {
  return language.value === "zh" ? chinese || english : english || chinese;
}

export const t = words(zh, en);
