// The shop's card, read at the door in one screen; its tier is not shown, for the retailer may look on. At /app/shop/<id>.
import { useEffect, useMemo } from "preact/hooks";
import type { ScreenProps } from "../app";
import { draftOf } from "../data/drafts";
import { all, one } from "../data/live";
import { signedIn } from "../data/session";
import { gradeWaiting } from "../learn/graded";
import { fill } from "../sentences";
import { dayOf } from "../time";
import { mapLink, type Shop } from "../today/day";
import { pointOf } from "../today/here";
import { reasonsOf } from "../today/reasons";
import { Facts, Sign } from "../today/stop";
import { Card, Empty, Page } from "../ui";
import { language, t } from "../words";
import { knownOf } from "../visit/known";
import { Bought, Seen } from "./goods";
import { daysTo } from "./history";
import { Mine } from "./mine";
import { Last, ToBrief } from "./last";
import { Found, Promised, ToDo } from "./owed";
import { w } from "./words";

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const LICENCE_SOON = 90;

export default function ShopCard({ id }: ScreenProps) {
  const shop = one("retailers", id).value, draft = useMemo(() => draftOf(id), [id]).value;
  useEffect(() => { void gradeWaiting(); }, [id]);
  if (shop === undefined) return <Page title={w("shop")} back="/app/"><Empty title={w("gone")} note={w("gone_note")} href="/app/" action={t("to_today")} /></Page>;
  const today = dayOf(), known = knownOf(id, undefined, signedIn.value?.id ?? "");
  const stop = [...all("plan").value.values()].find((row) => row.retailer_id === id && row.on_date === today && row.state === "planned"), reasons = stop === undefined ? [] : reasonsOf(stop);
  return (
    <Page title={shop.name} back="/app/" aside={<Sign shopId={id} name={shop.name} />}>
      <div class="row">
        <a class="button main" href={`/app/visit/${id}`}>{w(draft === undefined ? "visit" : "go_on")}</a>
        <a class="button" href={mapLink(shop, pointOf(shop))} target="_blank" rel="noreferrer">{w("map")}</a>
      </div>
      {reasons.length === 0 ? null : <Card title={w("reasons")}><ul>{reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul></Card>}
      <Who shop={shop} today={today} />
      <Promised shopId={id} today={today} />
      <ToDo shopId={id} today={today} />
      <Found shopId={id} />
      {known === null ? null : <ToBrief known={known} />}
      <Last shopId={id} />
      <Mine shopId={id} />
      <Bought shopId={id} today={today} />
      <Seen shopId={id} />
    </Page>
  );
}

function Who({ shop, today }: { shop: Shop; today: string }) {
  const weekday = shop.order_weekday === null ? undefined : WEEKDAYS[shop.order_weekday - 1];
  const classes = [
    shop.state !== null && shop.state !== "active" ? w(shop.state) : null, shop.market_type === null ? null : w(shop.market_type === "C" ? "urban" : "rural"),
    shop.terminal_type ? w(shop.terminal_type) : null, shop.visit_class ? w(`class_${shop.visit_class}`) : null, weekday === undefined ? null : w("order_day", { weekday: w(weekday) }),
  ].filter((said) => said !== null);
  return (
    <Card title={w("who")}>
      <p>{w("holder", { name: shop.holder })} · <Licence until={shop.licence_valid_until} today={today} /></p>
      {shop.address === "" ? null : <p class="small">{shop.address}</p>}
      <Facts shop={shop} />
      <p class="quiet small">{[w("code", { code: shop.code }), ...classes].join(" · ")}</p>
      <div class="row">
        {shop.contacts.map((contact) => <a class="button" key={contact.id} href={`tel:${contact.phone}`}>{w("call", { name: `${contact.name}${contact.relation === "" ? "" : t("aside", { words: contact.relation })}` })}</a>)}
      </div>
    </Card>
  );
}

function Licence({ until, today }: { until: string | null; today: string }) {
  if (until === null) return null;
  const days = daysTo(until, today);
  if (days < 0) return <strong>{w("licence_late", { n: -days })}</strong>;
  return days <= LICENCE_SOON ? <strong>{w("licence_soon", { n: days })}</strong> : <span>{w("licence_until", { day: fill("{on:day}", { on: until }, language.value) })}</span>;
}
