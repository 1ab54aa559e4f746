// A numeric pad for prices and counts: big keys at the thumb, the last answer beside the new one.
import { t } from "../words";

interface PadProps {
  label: string;
  /** The number as digits, "" while nothing was said. */
  value: string;
  onChange: (value: string) => unknown;
  /** Digits after the point: 0 for counts, 2 for yuan. */
  decimals?: 0 | 1 | 2;
  unit?: string;
  /** What was said last time, shown beside; pressed, it is taken over. */
  last?: string;
  most?: number;
}

/** What a key makes of the digits so far; refused keys change nothing. Pure. */
export function pressed(value: string, key: string, decimals: number, most = 7): string {
  if (key === "⌫") return value.slice(0, -1);
  if (key === ".") return decimals === 0 || value.includes(".") ? value : (value === "" ? "0." : `${value}.`);
  const [whole = "", part] = value.split(".");
  if (part === undefined ? whole.length >= most : part.length >= decimals) return value;
  return value === "0" ? key : value + key;
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

export function NumberPad({ label, value, onChange, decimals = 0, unit = "", last, most = 7 }: PadProps) {
  const press = (key: string) => { onChange(pressed(value, key, decimals, most)); };
  const key = (name: string, say?: string) => (
    <button type="button" class="key" key={name} aria-label={say} onClick={() => { press(name); }}>{name}</button>
  );
  return (
    <div class="pad" role="group" aria-label={label}>
      <div class="pad-told">
        <output aria-live="polite"><b>{value === "" ? "–" : value}</b> {unit}</output>
        {last === undefined ? null : <button type="button" class="pad-last" onClick={() => { onChange(last); }}>{last} {unit}</button>}
      </div>
      <div class="pad-keys">
        {KEYS.map((one) => key(one))}
        {decimals > 0 ? key(".", t("decimal_point")) : <span />}
        {key("0")}
        {key("⌫", t("digit_delete"))}
      </div>
    </div>
  );
}
