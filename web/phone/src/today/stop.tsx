// One stop of the day: the shop, why it is visited, and what to press; for today/index.tsx.
import { useMemo } from "preact/hooks";
import { draftOf } from "../data/drafts";
import { all, one } from "../data/live";
import { dayOf } from "../time";
import { Button, Card, Grid135, type CellState } from "../ui";
import { farness, isOpen, mapLink, type Shop, type Stop } from "./day";
import { farOf, here, pointOf } from "./here";
import { reasonsOf } from "./reasons";
import { language, t } from "../words";
import { w } from "./words";

const now = (): string => new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());

/** Hours, whether it is open, how far it is. */
export function Facts({ shop }: { shop: Shop }) {
  const open = isOpen(shop, now()), far = here.value === null ? null : farOf(shop);
  const hours = open === null ? null : `${w("hours", { from: shop.opens_at?.slice(0, 5) ?? "", to: shop.closes_at?.slice(0, 5) ?? "" })}${t("comma")}${w(open ? "open_now" : "closed_now")}`;
  const state = shop.state === "suspended" || shop.state === "closed" ? w(shop.state) : null;
  const distance = here.value === null ? null : far === null ? w("no_point") : w("distance", { far: farness(far, language.value) });
  const told = [state, hours, distance].filter((said) => said !== null);
  return told.length === 0 ? null : <p class="quiet small">{told.join(" · ")}</p>;
}

/** The sign of a shop: its 15 cells this month. */
export function Sign({ shopId, name }: { shopId: string; name: string }) {
  const cycle = all("cycles").value.get(shopId);
  if (cycle?.kind !== "shop") return null;
  const month = dayOf().slice(0, 7), held = cycle.months.find((one_) => one_.month === month) ?? cycle.months.at(-1);
  if (held === undefined) return null;
  const rows = [held.cells.client, held.cells.brand, held.cells.market] as unknown as readonly (readonly CellState[])[];
  return <Grid135 cells={rows} size={24} name={name} />;
}

interface Props { stop: Stop; place: number; onChange: (stop: Stop) => unknown }

export function StopCard({ stop, place, onChange }: Props) {
  const shop = one("retailers", stop.retailer_id).value;
  const draft = useMemo(() => draftOf(stop.retailer_id), [stop.retailer_id]).value;
  if (shop === undefined) return <Card title={`${place}. ${w("away")}`} />;
  const isPlanned = stop.state === "planned", reasons = isPlanned ? reasonsOf(stop) : [];
  const said = stop.state === "done" ? w("visited") : stop.state === "missed" ? w("missed") : null;
  return (
    <Card title={`${place}. ${shop.name}`} href={`/app/shop/${shop.id}`} aside={<Sign shopId={shop.id} name={shop.name} />}>
      {said === null ? null : <p><strong>{said}</strong></p>}
      {shop.address === "" ? null : <p class="small">{shop.address}</p>}
      <Facts shop={shop} />
      {reasons.length > 0 ? <ul class="small">{reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul> : null}
      {stop.words === null ? null : <p class="quiet small">{stop.words}</p>}
      <div class="row">
        {isPlanned || draft !== undefined ? <a class="button" href={`/app/visit/${shop.id}`}>{w(draft === undefined ? "visit" : "go_on")}</a> : null}
        <a class="button quiet" href={mapLink(shop, pointOf(shop))} target="_blank" rel="noreferrer">{w("map")}</a>
        {isPlanned ? <Button kind="quiet" onClick={() => onChange(stop)}>{w("replan")}</Button> : null}
      </div>
    </Card>
  );
}
