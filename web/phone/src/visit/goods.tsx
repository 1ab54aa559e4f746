// Price, stock, facings and stock-outs of key and sampled products; what was seen last time is beside, and one tap takes it over.
import { useMemo } from "preact/hooks";
import { Button, Card, Choice } from "../ui";
import type { Here } from "./act";
import { Pick } from "./fields";
import { NumberField, shown } from "./pads";
import type { Seen } from "./shapes";
import { v } from "./words";

export function Goods(here: Here) {
  const { known, draft, act } = here;
  const added = Object.keys(draft.seen).map(Number).filter((id) => !known.toLook.includes(id));
  const rows = [...known.toLook, ...added];
  const taken = useMemo(() => new Set(rows), [rows.join()]);
  const done = rows.filter((id) => Object.keys(draft.seen[id] ?? {}).length > 0).length;
  const likely = useMemo(() => [...known.lastSeen.keys()], [known.shop.id]);
  return (
    <>
      <p role="status" class="quiet">{v("looked_at", { done, all: rows.length })}</p>
      {rows.map((id) => <One key={id} id={id} here={here} />)}
      <Card><Pick label={v("other_product")} products={known.products} first={likely} taken={taken} onPick={(id) => { act({ do: "see", product: id, what: { on_shelf: true } }); }} /></Card>
    </>
  );
}

const CONFIDENCE = [3, 2, 1] as const;

function One({ id, here: { known, draft, act } }: { id: number; here: Here }) {
  const product = known.products.get(id), seen = draft.seen[id] ?? {}, last = known.lastSeen.get(id);
  const see = (what: { [K in keyof Omit<Seen, "product_id">]?: Seen[K] | undefined }) => { act({ do: "see", product: id, what: what as Partial<Seen> }); };
  const isOn = seen.on_shelf;
  const onShelf = (is: boolean) => {
    if (is === isOn) act({ do: "pass", product: id });
    else see(is ? { on_shelf: true, oos_days: 0 } : { on_shelf: false, stock_packs: 0, facings: 0, oos_days: undefined, carton_price_fen: undefined, pack_price_fen: undefined });
  };
  const same = last === undefined ? null : { stock_packs: last.stock_packs ?? undefined, carton_price_fen: last.carton_price_fen ?? undefined, facings: last.facings };
  return (
    <Card title={product?.name ?? String(id)} tone="market" aside={known.sampled.includes(id) ? <span class="small">{v("sampled")}</span> : undefined}>
      {last === undefined ? null : <p class="quiet small">{last.on_date}{v("colon")}{[last.carton_price_fen === null ? "" : v("per_carton", { yuan: shown(last.carton_price_fen, true) }), last.stock_packs === null ? "" : v("packs", { count: last.stock_packs })].filter((word) => word !== "").join(v("comma"))}</p>}
      <Choice label={v("on_shelf")} hideLabel options={[{ value: true, label: v("on_shelf") }, { value: false, label: v("not_on_shelf") }]} value={isOn ?? null} onChange={onShelf} />
      {isOn === true ? (
        <>
          <NumberField label={v("carton_price")} unit={v("yuan")} money value={seen.carton_price_fen} last={last?.carton_price_fen ?? product?.guide_carton_fen} onChange={(value) => { see({ carton_price_fen: value }); }} />
          <NumberField label={v("stock_packs")} unit={v("pack_unit")} value={seen.stock_packs} last={last?.stock_packs} onChange={(value) => { see({ stock_packs: value }); }} />
          {same !== null && seen.stock_packs === undefined && seen.carton_price_fen === undefined && (same.stock_packs !== undefined || same.carton_price_fen !== undefined)
            ? <Button onClick={() => { see(same); }}>{v("same_as_last")}</Button> : null}
          <details><summary>{v("more_of_it")}</summary>
            <NumberField label={v("pack_price")} unit={v("yuan")} money value={seen.pack_price_fen} last={last?.pack_price_fen ?? product?.guide_pack_fen} onChange={(value) => { see({ pack_price_fen: value }); }} />
            <NumberField label={v("facings")} most={3} value={seen.facings} last={last?.facings} onChange={(value) => { see({ facings: value }); }} />
            <NumberField label={v("oos_days")} unit={v("days")} most={3} value={seen.oos_days} onChange={(value) => { see({ oos_days: value === undefined ? undefined : Math.min(366, value) }); }} />
            <Choice label={v("confidence")} options={CONFIDENCE.map((level) => ({ value: level, label: v(`confidence_${level}`) }))} value={(seen.confidence ?? null) as 1 | 2 | 3 | null} onChange={(level) => { see({ confidence: level === seen.confidence ? undefined : level }); }} />
          </details>
        </>
      ) : null}
      {isOn === false ? <NumberField label={v("oos_days")} unit={v("days")} most={3} value={seen.oos_days} onChange={(value) => { see({ oos_days: value === undefined ? undefined : Math.min(366, value) }); }} /> : null}
    </Card>
  );
}
