// Initials of Chinese names for search by a few letters: 黄鹤楼 is found by "hhl". Pure; the order of pinyin comes with the browser (ICU).
const order = new Intl.Collator("zh-Hans-CN-u-co-pinyin");
/** The first character of each initial in the order of pinyin; no word begins with i, u or v. */
const FIRST: readonly (readonly [string, string])[] = [
  ["a", "阿"], ["b", "八"], ["c", "嚓"], ["d", "咑"], ["e", "妸"], ["f", "发"], ["g", "旮"], ["h", "哈"], ["j", "丌"], ["k", "咔"], ["l", "垃"],
  ["m", "妈"], ["n", "拏"], ["o", "噢"], ["p", "趴"], ["q", "七"], ["r", "呥"], ["s", "仨"], ["t", "他"], ["w", "屲"], ["x", "夕"], ["y", "丫"], ["z", "帀"],
];
/** Characters that names of the trade read otherwise than the collator files them. */
const READ: Readonly<Record<string, string>> = { 重: "c", 长: "c", 厦: "x" };
const HAN = /\p{Script=Han}/u;
const known = new Map<string, string>();

/** Lower-case initials: one letter of each Chinese character, Latin letters and digits as they are, all else left out. */
export function initials(name: string): string {
  let told = known.get(name);
  if (told === undefined) {
    told = [...name].map((one) => (HAN.test(one) ? initial(one) : /[a-z0-9]/i.test(one) ? one.toLowerCase() : "")).join("");
    known.set(name, told);
  }
  return told;
}

function initial(han: string): string {
  const read = READ[han];
  if (read !== undefined) return read;
  let found = "";
  for (const [letter, first] of FIRST) {
    if (order.compare(han, first) < 0) break;
    found = letter;
  }
  return found;
}

/** How well a typed word fits: 0 begins the name or its initials, 1 within, null not at all. Codes count from their start. */
export function fit(typed: string, name: string, codes: readonly string[] = []): 0 | 1 | null {
  const sought = typed.trim().toLowerCase();
  if (sought === "") return 1;
  const spelt = initials(name), said = name.toLowerCase();
  if (said.startsWith(sought) || spelt.startsWith(sought) || codes.some((code) => code.toLowerCase().startsWith(sought))) return 0;
  return said.includes(sought) || spelt.includes(sought) ? 1 : null;
}
