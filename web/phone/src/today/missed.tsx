// Visits that were missed without a reason: one tap says why; for today/index.tsx.
import { useState } from "preact/hooks";
import { one } from "../data/live";
import { change } from "../data/write";
import { Button, Card, Choice, Sheet, toast } from "../ui";
import type { Stop } from "./day";
import { dayName } from "./weekday";
import { w } from "./words";

const REASONS = ["shop_closed", "holder_away", "weather", "duty", "leave", "vehicle", "no_time", "other"] as const;
const SHOWN = 10;
type Reason = (typeof REASONS)[number];

export function Missed({ stops }: { stops: readonly Stop[] }) {
  const [open, setOpen] = useState(false), [shown, setShown] = useState(SHOWN);
  if (stops.length === 0) return null;
  return (
    <Card tone="note">
      <div class="row"><p>{w("why_missed", { n: stops.length })}</p><Button onClick={() => { setOpen(true); }}>{w("say_why")}</Button></div>
      <Sheet title={w("why_missed", { n: stops.length })} open={open} onClose={() => { setOpen(false); }}>
        <p class="quiet">{w("why_missed_note")}</p>
        {stops.slice(0, shown).map((stop) => <Why key={stop.id} stop={stop} />)}
        {stops.length > shown ? <Button wide onClick={() => { setShown(shown + SHOWN); }}>{w("more", { n: stops.length - shown })}</Button> : null}
      </Sheet>
    </Card>
  );
}

function Why({ stop }: { stop: Stop }) {
  const shop = one("retailers", stop.retailer_id).value;
  const [reason, setReason] = useState<Reason | null>(null), [words, setWords] = useState("");
  const keep = (miss_reason: Reason, said: string): void => {
    change("plan", stop.id, { miss_reason, words: said === "" ? null : said }).then(
      () => { toast(w("said")); }, (error: unknown) => { toast(w("cannot", { reason: String(error) })); },
    );
  };
  const choose = (next: Reason): void => {
    setReason(next);
    if (next !== "other") keep(next, words.trim());
  };
  return (
    <section>
      <Choice label={`${dayName(stop.on_date)} ${shop?.name ?? ""}`} options={REASONS.map((value) => ({ value, label: w(value) }))} value={reason} onChange={choose} />
      {reason === "other" ? (
        <div class="row">
          <input class="input" aria-label={w("other_words")} placeholder={w("other_words")} maxLength={200} value={words} onInput={(event) => { setWords(event.currentTarget.value); }} />
          <Button disabled={words.trim() === ""} onClick={() => { keep("other", words.trim()); }}>{w("save")}</Button>
        </div>
      ) : null}
    </section>
  );
}
