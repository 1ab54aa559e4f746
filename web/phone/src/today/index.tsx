// The day's stops in order: why, how far, when open, what is unsent; another order or day with the thumb. Opened at /app/.
import { useState } from "preact/hooks";
import type { ScreenProps } from "../app";
import { open as drafts } from "../data/drafts";
import { all } from "../data/live";
import { signedIn } from "../data/session";
import { unsent, waits } from "../data/status";
import { handedIn, papersOf } from "../month/paper";
import { go } from "../route";
import { dayOf } from "../time";
import { Button, Card, Choice, Empty, Page } from "../ui";
import { t } from "../words";
import { stopsOf, unexplained, type Stop } from "./day";
import { asking, find, here } from "./here";
import { Missed } from "./missed";
import { Replan } from "./replan";
import { Search } from "./search";
import { StopCard } from "./stop";
import { dayName, later, shortName } from "./weekday";
import { w } from "./words";

const DAYS = 5;

export default function Today({ query }: ScreenProps) {
  const today = dayOf(), day = query.get("day") ?? today;
  const plan = all("plan").value, stops = stopsOf(day, plan.values());
  const [changed, setChanged] = useState<Stop | null>(null);
  const chosen = changed === null ? undefined : plan.get(changed.id);
  const done = stops.filter((stop) => stop.state === "done").length;
  const days = [...new Set([...Array.from({ length: DAYS }, (_, ahead) => later(today, ahead)), day])].sort();
  return (
    <Page title={day === today ? t("today") : dayName(day)}>
      <Standing />
      <Choice label={w("other_day")} hideLabel options={days.map((one) => ({ value: one, label: one === today ? t("today") : shortName(one) }))} value={day} onChange={(one) => { go(one === today ? "/app/" : `/app/?day=${one}`, "replace"); }} />
      <p>{w("stops", { n: stops.length, done })}</p>
      {day === today ? <Missed stops={unexplained(today, plan.values(), handedIn(papersOf(signedIn.value?.id ?? "", all("cycles").value.values())))} /> : null}
      <Search />
      {stops.length === 0 ? <Empty title={w("no_stops")} note={w("no_stops_note")} /> : <Distances />}
      {stops.map((stop, index) => <StopCard key={stop.id} stop={stop} place={index + 1} onChange={setChanged} />)}
      {chosen?.state === "planned" ? <Replan key={chosen.id} stop={chosen} onClose={() => { setChanged(null); }} /> : null}
    </Page>
  );
}

/** What is unsent and unfinished, said calmly, with the way there. */
function Standing() {
  const { documents, photos } = unsent.value, shops = all("retailers").value;
  return (
    <>
      <p class="quiet small">{waits.value === 0 ? w("unsent_none") : <a href="/app/unsent">{w("unsent_some", { documents, photos })}</a>}</p>
      {drafts.value.length === 0 ? null : (
        <Card tone="note" title={w("drafts")}>
          {drafts.value.map(({ draft }) => <a class="button" key={draft.id} href={`/app/visit/${draft.shop_id}`}>{shops.get(draft.shop_id)?.name ?? draft.shop_name ?? w("away")}</a>)}
        </Card>
      )}
    </>
  );
}

function Distances() {
  if (here.value !== null) return null;
  const said = asking.value === "asked" ? w("locating") : asking.value === "failed" ? w("no_place") : w("where_why");
  return <div class="row"><Button kind="quiet" disabled={asking.value === "asked"} onClick={() => { void find(); }}>{w("where")}</Button><span class="quiet small" role="status">{said}</span></div>;
}
