// What was learnt beside the products, typed by kind: of which product or policy, where, how sure.
import { Button, Card, Choice } from "../ui";
import type { Here } from "./act";
import { Line, Pick, Said } from "./fields";
import { NumberField } from "./pads";
import { titled } from "./policies";
import type { Remark, RemarkKind } from "./shapes";
import { replaced } from "./talk";
import { v } from "./words";

const KINDS: readonly RemarkKind[] = ["brand_opinion", "policy_opinion", "campaign_opinion", "rival_move", "event", "flow_price", "consumer_trend", "irregular", "other"];
const OF_PRODUCT: ReadonlySet<RemarkKind> = new Set(["brand_opinion", "rival_move", "flow_price", "consumer_trend"]);
const WITH_PLACE: ReadonlySet<RemarkKind> = new Set(["event", "irregular", "rival_move"]);

export function Intelligence({ known, draft, act }: Here) {
  return (
    <>
      {draft.remarks.map((one, n) => <One key={n} one={one} known={known} onChange={(changed) => { act({ do: "remarks", all: replaced(draft.remarks, n, changed) }); }} />)}
      <Card><Choice label={v("heard_what")} options={KINDS.map((kind) => ({ value: kind, label: v(`remark_${kind}`) }))} value={null} onChange={(kind) => { act({ do: "remarks", all: [...draft.remarks, { kind, text: "" }] }); }} /></Card>
    </>
  );
}

function One({ one, known, onChange }: { one: Remark; known: Here["known"]; onChange: (changed: Remark | null) => void }) {
  const set = (what: { [K in keyof Remark]?: Remark[K] | undefined }) => { onChange(Object.fromEntries(Object.entries({ ...one, ...what }).filter(([, value]) => value !== undefined)) as unknown as Remark); };
  const product = one.product_id === undefined ? undefined : known.products.get(one.product_id);
  return (
    <Card title={v(`remark_${one.kind}`)} tone="market" aside={<Button kind="quiet" onClick={() => { onChange(null); }}>{v("drop")}</Button>}>
      {one.kind === "irregular" ? <p class="quiet small">{v("irregular_note")}</p> : null}
      {!OF_PRODUCT.has(one.kind) ? null : product === undefined
        ? <Pick label={v("which_product")} products={known.products} first={known.toLook} onPick={(product_id) => { set({ product_id }); }} />
        : <p class="row"><b>{product.name}</b><Button kind="quiet" onClick={() => { set({ product_id: undefined }); }}>{v("change")}</Button></p>}
      {one.kind === "policy_opinion" ? <Choice label={v("which_policy")} options={known.policies.map((policy) => ({ value: policy.policy_id, label: titled(policy) }))} value={one.policy_id ?? null} onChange={(policy_id) => { set({ policy_id }); }} /> : null}
      {one.kind === "campaign_opinion" ? <Line label={v("which_campaign")} value={one.campaign ?? ""} most={80} onChange={(campaign) => { set({ campaign }); }} /> : null}
      {one.kind === "flow_price" ? (
        <>
          <NumberField label={v("flow_price")} unit={v("yuan")} money value={one.price_fen} onChange={(price_fen) => { set({ price_fen }); }} />
          <NumberField label={v("quantity")} value={one.quantity} onChange={(quantity) => { set({ quantity }); }} />
        </>
      ) : null}
      <Said label={v("heard")} value={one.text} most={2_000} phrases={v(`phrases_${one.kind}`).split("|").filter((word) => word !== "")} onChange={(text) => { set({ text }); }} />
      {one.kind === "rival_move" ? <Said label={v("counter")} value={one.counter_proposal ?? ""} most={2_000} onChange={(counter_proposal) => { set({ counter_proposal }); }} /> : null}
      {WITH_PLACE.has(one.kind) ? <Line label={v("place")} value={one.place ?? ""} most={120} onChange={(place) => { set({ place }); }} /> : null}
      <Choice label={v("confidence")} options={([3, 2, 1] as const).map((level) => ({ value: level, label: v(`confidence_${level}`) }))} value={(one.confidence ?? null) as 1 | 2 | 3 | null} onChange={(level) => { set({ confidence: level === one.confidence ? undefined : level }); }} />
    </Card>
  );
}
