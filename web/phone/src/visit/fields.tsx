// The small fields that several steps share: words with phrases, a product by a few letters, a photo, levels.
import { useEffect, useMemo, useState } from "preact/hooks";
import { photoUrl } from "../data/photos";
import { Button, Choice, Sheet } from "../ui";
import { compress, kept, type Taken } from "./camera";
import { fit } from "./pinyin";
import type { Photo, PhotoKind, Product } from "./shapes";
import { v } from "./words";

interface SaidProps { label: string; value: string; onChange: (value: string) => unknown; phrases?: readonly string[]; rows?: number; most?: number; last?: string | undefined }

/** Words, by tapping phrases or by typing; a phrase is added to what stands. */
export function Said({ label, value, onChange, phrases = [], rows = 2, most = 200, last }: SaidProps) {
  const add = (phrase: string) => { onChange((value === "" ? phrase : value.includes(phrase) ? value : `${value}${/[，。；、！？,.;]$/.test(value) ? "" : v("semicolon")}${phrase}`).slice(0, most)); };
  return (
    <div class="field-group">
      <label class="field">{label}
        <textarea rows={rows} maxLength={most} value={value} onInput={(event) => { onChange(event.currentTarget.value); }} />
      </label>
      {last ? <p class="quiet small">{v("last_time")}{last}</p> : null}
      {phrases.length === 0 ? null : (
        <div class="phrases" role="group" aria-label={v("phrases")}>
          {phrases.map((phrase) => <button type="button" class="phrase" key={phrase} onClick={() => { add(phrase); }}>{phrase}</button>)}
        </div>
      )}
    </div>
  );
}

interface LineProps { label: string; value: string; onChange: (value: string) => unknown; options?: readonly string[]; most?: number }

/** One line: one of the options, or typed. */
export function Line({ label, value, onChange, options = [], most = 60 }: LineProps) {
  return (
    <div class="field-group">
      {options.length === 0 ? null : <Choice label={label} options={options.map((one) => ({ value: one, label: one }))} value={value} onChange={(one) => { onChange(one === value ? "" : one); }} />}
      <label class="field"><span class={options.length === 0 ? "" : "unseen"}>{label}</span>
        <input type="text" maxLength={most} value={value} placeholder={options.length === 0 ? "" : v("or_type")} onInput={(event) => { onChange(event.currentTarget.value); }} />
      </label>
    </div>
  );
}

interface LevelProps { label: string; value: number | undefined; onChange: (value: number | undefined) => unknown; words: readonly string[] }

/** A level from 1, each with its word; the same again takes it back. */
export function Level({ label, value, onChange, words }: LevelProps) {
  return <Choice label={label} options={words.map((word, n) => ({ value: n + 1, label: word }))} value={value ?? null} onChange={(one) => { onChange(one === value ? undefined : one); }} />;
}

/** Yes, no, or not looked at (undefined). */
export function YesNo({ label, value, onChange, last }: { label: string; value: boolean | undefined; onChange: (value: boolean | undefined) => unknown; last?: string | undefined }) {
  return (
    <div class="asked">
      <Choice label={label} options={[{ value: true, label: v("yes") }, { value: false, label: v("no") }]} value={value ?? null} onChange={(one) => { onChange(one === value ? undefined : one); }} />
      {last === undefined ? null : <p class="quiet small">{v("last_time")}{last}</p>}
    </div>
  );
}

interface PickProps { label: string; products: ReadonlyMap<number, Product>; first?: readonly number[]; ahead?: readonly number[]; taken?: ReadonlySet<number>; onPick: (product: number) => unknown }
const MOST_SHOWN = 8;

/** A product by initials, name or code. What is likely stands first, before anything is typed; what is wanted before that. */
export function Pick({ label, products, first = [], ahead = [], taken, onPick }: PickProps) {
  const [typed, setTyped] = useState("");
  const found = useMemo(() => {
    const likely = new Set([...ahead, ...first]);
    const fitting = [...products.values()].flatMap((one) => {
      if (taken?.has(one.product_id) || (typed === "" && !likely.has(one.product_id))) return [];
      const how = fit(typed, one.name, [one.code, one.pack_code, one.carton_code]);
      return how === null ? [] : [{ one, rank: ahead.includes(one.product_id) ? -1 : how * 2 + (likely.has(one.product_id) ? 0 : 1) }];
    });
    return fitting.sort((a, b) => a.rank - b.rank || a.one.name.localeCompare(b.one.name, "zh")).slice(0, MOST_SHOWN).map(({ one }) => one);
  }, [typed, products, first, ahead, taken]);
  return (
    <div class="field-group">
      <label class="field">{label}
        <input type="search" value={typed} placeholder={v("initials_hint")} autocapitalize="none" autocomplete="off" onInput={(event) => { setTyped(event.currentTarget.value); }} />
      </label>
      <div class="phrases" role="group" aria-label={v("products_found")}>
        {found.map((one) => <button type="button" class="phrase" key={one.product_id} onClick={() => { setTyped(""); onPick(one.product_id); }}>{one.name}</button>)}
        {typed !== "" && found.length === 0 ? <p class="quiet">{v("no_product")}</p> : null}
      </div>
    </div>
  );
}

interface ShootProps { label: string; visitId: string; kind: PhotoKind; item?: string; onPhoto: (photo: Photo) => unknown }

/** Takes a photo: made small, judged, asked about when blurred or dark, then kept on the phone. */
export function Shoot({ label, visitId, kind, item = "", onPhoto }: ShootProps) {
  const [doubt, setDoubt] = useState<(Taken & { url: string }) | null>(null);
  const [state, setState] = useState<"" | "busy" | "failed">("");
  const store = async (blob: Blob) => { onPhoto(await kept(blob, visitId, kind, item)); };
  const leave = () => { if (doubt !== null) URL.revokeObjectURL(doubt.url); setDoubt(null); };
  const take = async (input: HTMLInputElement) => {
    const file = input.files?.[0];
    if (file === undefined) return;
    setState("busy");
    try {
      const taken = await compress(file);
      if (taken.judged.isBlurred || taken.judged.isDark) setDoubt({ ...taken, url: URL.createObjectURL(taken.blob) });
      else await store(taken.blob);
      setState("");
    } catch {
      setState("failed");
    } finally {
      input.value = "";
    }
  };
  return (
    <div class="shoot">
      <label class="button plain">
        <input class="unseen" type="file" accept="image/*" capture="environment" disabled={state === "busy"} onChange={(event) => { void take(event.currentTarget); }} />
        {state === "busy" ? v("photo_busy") : label}
      </label>
      {state === "failed" ? <p role="alert">{v("photo_failed")}</p> : null}
      <Sheet title={v("photo_doubt")} open={doubt !== null} onClose={leave}>
        {doubt === null ? null : (
          <>
            <img class="shot-large" src={doubt.url} alt={label} />
            <p role="alert">{doubt.judged.isDark ? v("photo_dark") : ""} {doubt.judged.isBlurred ? v("photo_blurred") : ""}</p>
            <Button kind="main" wide onClick={leave}>{v("photo_again")}</Button>
            <Button wide onClick={() => { const { blob } = doubt; leave(); void store(blob).catch(() => { setState("failed"); }); }}>{v("photo_use")}</Button>
          </>
        )}
      </Sheet>
    </div>
  );
}

/** A photo that is on this phone, with a way to take it back. */
export function Shot({ id, label, onDrop }: { id: string; label: string; onDrop?: () => unknown }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null, isShown = true;
    void photoUrl(id).then((found) => {
      if (isShown) { made = found; setUrl(found); } else if (found !== null) URL.revokeObjectURL(found);
    });
    return () => { isShown = false; if (made !== null) URL.revokeObjectURL(made); };
  }, [id]);
  return (
    <figure class="shot">
      {url === null ? <span class="quiet small">{label}</span> : <img src={url} alt={label} />}
      <figcaption class="small">{label}</figcaption>
      {onDrop === undefined ? null : <Button kind="quiet" onClick={onDrop} aria-label={v("photo_drop", { label })}>{v("drop")}</Button>}
    </figure>
  );
}
