// Where the phone is, asked only when the person presses; for the distances of Today. Not kept beyond the session.
import { signal } from "@preact/signals";
import { distanceM, toWgs84 } from "../visit/distance";
import { locate } from "../visit/locate";
import type { Place } from "../visit/shapes";
import type { Shop } from "./day";

export const here = signal<Place | null>(null);
export const asking = signal<"no" | "asked" | "failed">("no");

export async function find(): Promise<void> {
  asking.value = "asked";
  const { place } = await locate();
  here.value = place;
  asking.value = place === null ? "failed" : "no";
}

/** Metres from here, null where either is not known. */
export const farOf = (shop: Shop): number | null => distanceM(here.value, shop);

/** The shop's point as maps read it (WGS-84), null where its datum is not known. */
export function pointOf(shop: Shop): readonly [number, number] | null {
  return shop.lon === null || shop.lat === null ? null : toWgs84(shop.lon, shop.lat, shop.datum);
}
