// Numbers by the pad: a field shows what stands and what stood last time; pressed, the pad opens over the page.
import { useState } from "preact/hooks";
import { Button, NumberPad, Sheet } from "../ui";
import { noteKey } from "./act";
import { v } from "./words";

interface NumberProps { label: string; value: number | undefined; onChange: (value: number | undefined) => unknown; unit?: string; last?: number | null | undefined; money?: boolean; most?: number }

/** Fen as yuan without needless noughts, a count as it is. Pure. */
export function shown(value: number, money: boolean): string {
  return money ? (value / 100).toFixed(2).replace(/\.?0+$/, "") : String(value);
}

/** What the pad's digits mean: fen, or a count; undefined for none. Pure. */
export function meant(digits: string, money: boolean): number | undefined {
  if (digits === "" || digits === ".") return undefined;
  const [whole = "0", part = ""] = digits.split(".");
  return money ? Number(whole) * 100 + Number(part.padEnd(2, "0").slice(0, 2)) : Number(whole);
}

/** A count, or with `money` yuan kept as fen. */
export function NumberField({ label, value, onChange, unit = "", last, money = false, most = 5 }: NumberProps) {
  const [digits, setDigits] = useState<string | null>(null);
  const before = last == null ? undefined : shown(last, money);
  const set = (typed: string) => {
    noteKey();
    setDigits(typed);
    onChange(meant(typed, money));
  };
  return (
    <div class="number">
      <button type="button" class="number-told" onClick={() => { setDigits(value === undefined ? "" : shown(value, money)); }}>
        <span>{label}</span>
        <b>{value === undefined ? "–" : `${shown(value, money)} ${unit}`}</b>
      </button>
      {before === undefined ? null : <button type="button" class="number-last" onClick={() => { onChange(meant(before, money)); }}><small>{v("last_time")}</small>{before}</button>}
      <Sheet title={label} open={digits !== null} onClose={() => { setDigits(null); }}>
        {digits === null ? null : <NumberPad label={label} value={digits} decimals={money ? 2 : 0} unit={unit} most={most} onChange={set} {...(before === undefined ? {} : { last: before })} />}
        <Button kind="main" wide onClick={() => { setDigits(null); }}>{v("ok")}</Button>
      </Sheet>
    </div>
  );
}
