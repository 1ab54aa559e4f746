// What the retailer was taught, how long, and how well it went in.
import { Button, Card, Choice } from "../ui";
import type { Here } from "./act";
import { Level, Line } from "./fields";
import type { Training as Taught } from "./shapes";
import { replaced } from "./talk";
import { v } from "./words";

const MINUTES = [5, 10, 15, 20, 30] as const;

export function Training({ draft, act }: Here) {
  const begin = (): Taught => ({ topic: "", minutes: 10, ...(draft.persons_met === "" ? {} : { told_to: draft.persons_met.slice(0, 60) }) });
  return (
    <>
      {draft.trainings.map((one, n) => {
        const set = (changed: Taught | null) => { act({ do: "trainings", all: replaced(draft.trainings, n, changed) }); };
        return (
          <Card key={n} title={one.topic || v("training")} tone="client" aside={<Button kind="quiet" onClick={() => { set(null); }}>{v("drop")}</Button>}>
            <Line label={v("topic")} value={one.topic} options={v("topics").split("|")} most={120} onChange={(topic) => { set({ ...one, topic }); }} />
            <Choice label={v("how_long")} options={MINUTES.map((minutes) => ({ value: minutes, label: v("minutes", { minutes }) }))} value={one.minutes as (typeof MINUTES)[number]} onChange={(minutes) => { set({ ...one, minutes }); }} />
            <Level label={v("understanding")} value={one.understanding} words={v("levels_understanding").split("|")} onChange={(understanding) => { const { understanding: _, ...rest } = one; set(understanding === undefined ? rest : { ...rest, understanding }); }} />
          </Card>
        );
      })}
      <Button onClick={() => { act({ do: "trainings", all: [...draft.trainings, begin()] }); }}>{v("add_training")}</Button>
    </>
  );
}
