// Products recommended: new ones first, then any; taken, or refused for a reason.
import { useMemo } from "preact/hooks";
import { Button, Card, Choice } from "../ui";
import type { Here } from "./act";
import { Pick, Said } from "./fields";
import type { Refusal } from "./shapes";
import { v } from "./words";

const REFUSALS: readonly Exclude<Refusal, "">[] = ["price", "slow", "stock", "unknown", "margin", "other"];

export function Pitches(here: Here) {
  const { known, draft, act } = here;
  const rows = [...new Set([...known.launches, ...Object.keys(draft.pitches).map(Number)])];
  const taken = useMemo(() => new Set(rows), [rows.join()]);
  return (
    <>
      {rows.map((id) => <One key={id} id={id} here={here} />)}
      <Card><Pick label={v("pitch_another")} products={known.products} first={known.keys} ahead={known.wanted} taken={taken} onPick={(product) => { act({ do: "pitch", product, what: {} }); }} /></Card>
    </>
  );
}

function One({ id, here: { known, draft, act } }: { id: number; here: Here }) {
  const pitch = draft.pitches[id], isLaunch = known.launches.includes(id);
  return (
    <Card title={known.products.get(id)?.name ?? String(id)} tone="brand" aside={isLaunch ? <span class="small">{v("launch")}</span> : undefined}>
      <Choice label={v("pitched")} hideLabel options={[{ value: true, label: v("accepted") }, { value: false, label: v("refused") }]} value={pitch?.accepted ?? null} onChange={(accepted) => { act({ do: "pitch", product: id, what: { accepted } }); }} />
      {pitch?.accepted === false ? (
        <>
          <Choice label={v("why_refused")} options={REFUSALS.map((one) => ({ value: one, label: v(`refusal_${one}`) }))} value={pitch.refusal === "" ? null : pitch.refusal} onChange={(refusal) => { act({ do: "pitch", product: id, what: { refusal } }); }} />
          <Said label={v("own_words")} value={pitch.words} rows={1} onChange={(words) => { act({ do: "pitch", product: id, what: { words } }); }} />
        </>
      ) : null}
      {pitch === undefined ? null : <Button kind="quiet" onClick={() => { act({ do: "pitch", product: id, what: null }); }}>{v("not_pitched")}</Button>}
    </Card>
  );
}
