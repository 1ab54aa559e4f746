// One gate for everything that goes over the network: what an answer means for all of it (docs/sync.md, the table of answers).
import { signal } from "@preact/signals";
import { Refused } from "../api/client";
import { hindrance, reachable, refusal } from "../data/status";

/** What the server says of this phone: `ended` may still send, `lost` nothing. */
export type Standing = "active" | "sign_in" | "ended" | "lost";
export const standing = signal<Standing>("active");
export const outdated = signal(false);

let closedUntil = 0;
const cancelled = new Set<string>();

/** Whether something may be asked now; `way` is "pull" or "push" for the rules of an ended phone. */
export function mayAsk(way: "pull" | "push"): boolean {
  if (Date.now() < closedUntil || outdated.value) return false;
  return standing.value === "active" || (standing.value === "ended" && way === "push");
}

export const isCancelled = (collection: string): boolean => cancelled.has(collection);

/** An answer came: nothing stands in the way. */
export function passed(): void {
  reachable.value = true;
  if (standing.value === "active" && !outdated.value) hindrance.value = null;
}

/** What follows from a refusal, for all that would be asked next. `collection`: what was asked for, if one was. */
export function refused(error: unknown, collection?: string): void {
  if (!(error instanceof Refused)) return;
  if (error.status === 401) {
    standing.value = error.code === "device_lost" ? "lost" : error.code === "device_ended" ? "ended" : "sign_in";
    hindrance.value = "auth";
  } else if (error.status === 426) {
    outdated.value = true;
    hindrance.value = "outdated";
  } else if (error.status === 403 && collection !== undefined) {
    cancelled.add(collection);
  } else if (error.status >= 500 || error.status === 429) {
    pause(error.retryAfterS ?? 5);
    hindrance.value = "server";
  } else if ([400, 413, 415, 422].includes(error.status)) {
    refusal.value = error.code; // a fault of this app: the same again would be refused again, so seldom
    pause(600);
    hindrance.value = "refused";
  }
}

/** Nothing is asked for so long, and up to a half longer: not all phones at once. */
function pause(seconds: number): void {
  closedUntil = Math.max(closedUntil, Date.now() + seconds * 1_000 * (1 + Math.random() / 2));
}

/** After signing in, updating, or at the person's own wish. */
export function reopen(): void {
  closedUntil = 0;
  cancelled.clear();
  outdated.value = false;
  standing.value = "active";
  hindrance.value = null;
}

/** The person wants it tried now. */
export function hurry(): void {
  closedUntil = 0;
}
