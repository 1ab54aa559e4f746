// Step 1: where the phone is, told as it is; whom one met, what for, and why it was not planned.
import { Button, Card, Choice } from "../ui";
import type { Here } from "./act";
import { locating, position } from "./checkin";
import { Line, Said, Shoot, Shot } from "./fields";
import type { Purpose, Unplanned } from "./shapes";
import { v } from "./words";

const PURPOSES: readonly Purpose[] = ["service", "order", "display", "brand", "policy", "intelligence", "compliance", "training", "complaint"];
const UNPLANNED: readonly Exclude<Unplanned, "">[] = ["shop_asked", "nearby", "complaint", "follow_up", "told_to", "other"];

export function Start({ known, draft, act }: Here) {
  const met = [...new Set([known.shop.holder, ...known.shop.contacts.map((one) => one.name), v("clerk")])].filter((one) => one !== "");
  const toggle = (one: Purpose) => { act({ do: "say", what: { purposes: draft.purposes.includes(one) ? draft.purposes.filter((other) => other !== one) : [...draft.purposes, one] } }); };
  return (
    <>
      <Where known={known} draft={draft} act={act} />
      <Card><Line label={v("met")} value={draft.persons_met} options={met} most={120} onChange={(persons_met) => { act({ do: "say", what: { persons_met } }); }} /></Card>
      {draft.stop_id !== null ? null : (
        <Card><Choice label={v("why_unplanned")} options={UNPLANNED.map((one) => ({ value: one, label: v(`unplanned_${one}`) }))} value={draft.unplanned_reason === "" ? null : draft.unplanned_reason}
          onChange={(one) => { act({ do: "say", what: { unplanned_reason: one === draft.unplanned_reason ? "" : one } }); }} /></Card>
      )}
      <Card>
        <Choice label={v("what_for")} many options={PURPOSES.map((one) => ({ value: one, label: v(`purpose_${one}`) }))} value={draft.purposes} onChange={toggle} />
        <p class="quiet small">{v("what_for_note")}</p>
      </Card>
    </>
  );
}

/** The position as it is: at the shop, away, not known, simulated. Away asks for a reason and a photo, and holds nobody up. */
function Where({ known, draft, act }: Here) {
  const accuracy = draft.place?.accuracy_m ?? null;
  const away = draft.photos.filter((photo) => photo.kind === "away");
  const needsWhy = draft.place === null ? !locating.value : known.nearness === "away" || known.nearness === "mock";
  return (
    <Card title={v("where")}>
      <p role="status">{said(known, draft)}</p>
      {draft.place === null ? null : <p class="quiet small">{v("limit", { limit: known.limit_m })}{accuracy === null ? "" : `${v("comma")}${v("accuracy", { metres: Math.round(accuracy) })}`}</p>}
      {locating.value || draft.isEdit === true ? null : <Button onClick={() => { void position(draft.shop_id); }}>{v("locate_again")}</Button>}
      {needsWhy ? (
        <>
          <Said label={v("why_away")} value={draft.away_reason} phrases={draft.place === null ? v("phrases_no_place").split("|") : v("phrases_away").split("|")} onChange={(away_reason) => { act({ do: "say", what: { away_reason } }); }} />
          {draft.place === null ? null : (
            <>
              <div class="shots">{away.map((photo) => <Shot key={photo.id} id={photo.id} label={v("photo_away")} onDrop={() => { act({ do: "unphoto", id: photo.id }); }} />)}</div>
              <Shoot label={v("shoot_away")} visitId={draft.id} kind="away" onPhoto={(photo) => { act({ do: "photo", photo }); }} />
            </>
          )}
        </>
      ) : null}
    </Card>
  );
}

function said({ nearness, distance_m, shop }: Here["known"], draft: Here["draft"]): string {
  if (locating.value) return v("locating");
  if (draft.place === null) return draft.no_place === "" ? v("no_place") : v(`no_place_${draft.no_place}`);
  if (shop.lon === null) return v("shop_has_no_point");
  if (distance_m === null) return v("distance_unknown");
  const metres = distance_m < 1_000 ? v("metres", { metres: Math.round(distance_m) }) : v("kilometres", { km: (distance_m / 1_000).toFixed(1) });
  return `${v(`near_${nearness}`)}${v("distance", { distance: metres })}`;
}
