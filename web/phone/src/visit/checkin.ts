// The check-in: one tap begins the visit, the position follows. Used by the door (index.tsx) and to locate again (start.tsx).
import { signal } from "@preact/signals";
import { keep } from "../data/drafts";
import { change } from "./act";
import { begun } from "./draft";
import type { Known } from "./known";
import { locate } from "./locate";

/** Whether the phone is being asked for its position just now. */
export const locating = signal(false);

/** Checks in with one tap: the visit begins at once, the position follows when the phone has it. */
export async function checkIn(known: Known): Promise<void> {
  const shop_id = known.shop.id;
  locating.value = true;
  await keep(begun({
    id: crypto.randomUUID(), shop_id, shop_name: known.shop.name, at: new Date().toISOString(), place: null, no_place: "", stop_id: known.stop?.id ?? null, template_version_id: known.template?.version_id ?? null,
  }));
  change(shop_id, [{ do: "go", step: "start" }]);
  await position(shop_id);
}

/** Asks the phone where it is, and says in the draft what came of it. */
export async function position(shopId: string): Promise<void> {
  locating.value = true;
  try {
    const { place, why } = await locate();
    change(shopId, [{ do: "say", what: { place, no_place: why } }]);
  } finally {
    locating.value = false;
  }
}
