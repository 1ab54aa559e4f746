// Another place, another day, or off the plan: one stop changed with the thumb; each act can be taken back but the last.
import { useState } from "preact/hooks";
import { all } from "../data/live";
import { change } from "../data/write";
import { dayOf } from "../time";
import { Button, Choice, Sheet, toast } from "../ui";
import { daysLeft, lastPlace, reordered, stopsOf, type Place, type Stop } from "./day";
import { dayName } from "./weekday";
import { w } from "./words";

interface Props { stop: Stop; onClose: () => unknown }

const arrange = (places: readonly Place[]): Promise<unknown> => Promise.all(places.map(({ id, position }) => change("plan", id, { position })));
const failed = (error: unknown): void => { toast(w("cannot", { reason: String(error) })); };
const WHY = ["shop_shut", "told_by_phone", "with_other", "holder_asked"] as const;

export function Replan({ stop, onClose }: Props) {
  const plan = all("plan").value, day = stopsOf(stop.on_date, plan.values()), at = day.findIndex((one) => one.id === stop.id);
  const name = all("retailers").value.get(stop.retailer_id)?.name ?? "";
  const [why, setWhy] = useState("");
  const move = (to: number): void => {
    const before = day.map(({ id, position }) => ({ id, position }));
    const places = reordered(day, at, to), touched = new Set(places.map((place) => place.id));
    arrange(places).then(() => { toast(name, () => { arrange(before.filter((place) => touched.has(place.id))).catch(failed); }); }, failed);
  };
  const toDay = (on_date: string): void => {
    const before = { on_date: stop.on_date, position: stop.position };
    change("plan", stop.id, { on_date, position: lastPlace(on_date, plan.values()) }).then(() => {
      toast(w("moved", { day: dayName(on_date) }), () => { change("plan", stop.id, before).catch(failed); });
      onClose();
    }, failed);
  };
  const drop = (): void => {
    change("plan", stop.id, { state: "dropped", words: why.trim() }).then(() => { toast(w("was_dropped")); onClose(); }, failed);
  };
  return (
    <Sheet title={name} open onClose={onClose}>
      <div class="row">
        <Button disabled={at <= 0} onClick={() => { move(at - 1); }}>{w("up")}</Button>
        <Button disabled={at < 0 || at >= day.length - 1} onClick={() => { move(at + 1); }}>{w("down")}</Button>
        <Button kind="quiet" disabled={at <= 0} onClick={() => { move(0); }}>{w("first")}</Button>
        <Button kind="quiet" disabled={at < 0 || at >= day.length - 1} onClick={() => { move(day.length - 1); }}>{w("last")}</Button>
      </div>
      <Choice label={w("to_day")} options={daysLeft(stop, dayOf()).map((one) => ({ value: one, label: dayName(one) }))} value={null} onChange={toDay} />
      <h3>{w("drop")}</h3>
      <Choice label={w("drop_why")} options={WHY.map((key) => ({ value: w(key), label: w(key) }))} value={why} onChange={setWhy} />
      <label class="field"><span>{w("note")}</span><textarea rows={2} maxLength={200} value={why} onInput={(event) => { setWhy(event.currentTarget.value); }} /></label>
      <Button kind="danger" wide disabled={why.trim() === ""} onClick={drop}>{w("drop_do")}</Button>
    </Sheet>
  );
}
