// Products that a unit above has listed as new, with what one must know of each; for learn/index.tsx.
import type { Docs } from "../data/docs";
import { all } from "../data/live";
import { fill } from "../sentences";
import { dayOf } from "../time";
import { Card } from "../ui";
import { language } from "../words";
import { w } from "./words";

type Row = Docs["products"];
type Product = Extract<Row, { kind: "product" }>;
type Listing = Extract<Row, { kind: "key" }>;

/** Products that are listed as new on a day, the newest first, each once. Pure. */
export function launched(rows: Iterable<Row>, on: string): { product: Product; since: string }[] {
  const held = [...rows], products = new Map(held.filter((row): row is Product & { id: string } => row.kind === "product").map((row) => [row.product_id, row]));
  const listings = held.filter((row): row is Listing & { id: string } => row.kind === "key" && row.is_launch && (row.from_date ?? "") <= on && (row.to_date === null || row.to_date > on));
  listings.sort((a, b) => (b.from_date ?? "").localeCompare(a.from_date ?? "") || a.product_id - b.product_id);
  const found = new Map<number, { product: Product; since: string }>();
  for (const listing of listings) {
    const product = products.get(listing.product_id);
    if (product !== undefined && !found.has(listing.product_id)) found.set(listing.product_id, { product, since: listing.from_date ?? "" });
  }
  return [...found.values()];
}

const yuan = (fen: number): string => fill("{n:yuan}", { n: fen }, language.value).replace(/\.00$/, "");

export function NewProducts() {
  const found = launched(all("products").value.values(), dayOf());
  const seen = (id: number): number => [...all("recent_visits").value.values()].filter((shop) => shop.visits.some((visit) => visit.seen.some((row) => (row as readonly unknown[])[0] === id))).length;
  return (
    <Card title={w("products")} tone="brand">
      {found.length === 0 ? <p class="quiet">{w("no_products")}</p> : null}
      {found.map(({ product, since }) => {
        const facts = [
          product.guide_carton_fen === null ? null : w("price_carton", { yuan: yuan(product.guide_carton_fen) }), product.guide_pack_fen === null ? null : w("price_pack", { yuan: yuan(product.guide_pack_fen) }),
          product.wholesale_fen === null ? null : w("wholesale", { yuan: yuan(product.wholesale_fen) }), product.tar_mg === null ? null : w("tar", { mg: Number(product.tar_mg) }),
        ].filter((said) => said !== null);
        return (
          <section key={product.product_id}>
            <h3>{product.name}</h3>
            <p class="quiet small">{w("of", { brand: product.brand, maker: product.maker })} · {product.blend}</p>
            <p class="small">{facts.join(" · ")}</p>
            <p class="quiet small">{since === "" ? "" : `${w("new_since", { day: fill("{on:day}", { on: since }, language.value) })} · `}{w("seen_in", { n: seen(product.product_id) })}</p>
          </section>
        );
      })}
    </Card>
  );
}
