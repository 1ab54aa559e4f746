// What the shop buys and what was seen on its shelves, as small charts with their figures beside them; for shop/index.tsx.
import { useState } from "preact/hooks";
import type { Docs } from "../data/docs";
import { all, one } from "../data/live";
import { fill } from "../sentences";
import { Button, Card, Sparkline } from "../ui";
import { language } from "../words";
import { bought, lastTwo, seenSeries, type Series } from "./history";
import { w } from "./words";

const FIRST = 5;
const number = (value: number): string => fill("{n:n}", { n: value }, language.value);
const yuan = (fen: number): string => fill("{n:yuan}", { n: fen }, language.value).replace(/\.00$/, "");
const spoken = (values: readonly (number | null)[], say: (value: number) => string): string => values.map((value) => (value === null ? "—" : say(value))).join(language.value === "zh" ? "、" : ", ");

export function Bought({ shopId, today }: { shopId: string; today: string }) {
  const told = one("shop_months", shopId).value;
  if (told === undefined) return null;
  const months = bought(told.months, today.slice(0, 7)), now = months.at(-1), ago = months[0], values = months.map((month) => month.cartons);
  return (
    <Card title={w("bought")}>
      <div class="row">
        <strong>{w("cartons", { n: number(now?.cartons ?? 0) })}</strong>
        <Sparkline values={values} label={w("bought_chart", { all: spoken(values, number) })} width={160} />
      </div>
      <p class="quiet small">{w("money", { yuan: yuan(now?.amount_fen ?? 0) })} · {w("year_ago", { n: number(ago?.cartons ?? 0) })}</p>
    </Card>
  );
}

type Product = Extract<Docs["products"], { kind: "product" }>;

export function Seen({ shopId }: { shopId: string }) {
  const [isWhole, setWhole] = useState(false);
  const series = seenSeries(one("recent_visits", shopId).value?.visits ?? []);
  const products = new Map([...all("products").value.values()].filter((row): row is Product & { id: string } => row.kind === "product").map((row) => [row.product_id, row]));
  if (series.length === 0) return <Card title={w("seen")}><p class="quiet">{w("seen_none")}</p></Card>;
  return (
    <Card title={w("seen")}>
      {series.slice(0, isWhole ? series.length : FIRST).map((row) => <Line key={row.product_id} row={row} product={products.get(row.product_id)} />)}
      {isWhole || series.length <= FIRST ? null : <Button kind="quiet" onClick={() => { setWhole(true); }}>{w("all_products", { n: series.length })}</Button>}
    </Card>
  );
}

function Line({ row, product }: { row: Series; product: Product | undefined }) {
  const [stock] = lastTwo(row.stock), [price] = lastTwo(row.price), name = product?.name ?? String(row.product_id), guide = product?.guide_carton_fen ?? null;
  return (
    <div>
      <p>{name}</p>
      <div class="row small">
        {stock === null ? null : <><span>{w("packs", { n: number(stock) })}</span><Sparkline values={row.stock} label={w("stock_chart", { name, all: spoken(row.stock, number) })} width={64} height={24} /></>}
        {price === null ? null : <><span>{w("price", { yuan: yuan(price) })}</span><Sparkline values={row.price} label={w("price_chart", { name, all: spoken(row.price, yuan) })} width={64} height={24} fromZero={false} /></>}
      </div>
      {price === null || guide === null ? null : <small class="quiet">{w("guide", { yuan: yuan(guide) })}</small>}
    </div>
  );
}
