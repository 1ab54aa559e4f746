// How the phone stands with the server: read by the bottom bar, the Unsent screen and every freshness line.
import { computed, signal } from "@preact/signals";
import type { Loose } from "./docs";

export interface Unsent { documents: number; photos: number; oldest_at: string | null }
/** Why nothing goes out at the moment; null when nothing stands in the way. */
export type Hindrance = "offline" | "auth" | "outdated" | "server" | "denied" | "refused" | null;

export const online = signal(typeof navigator === "undefined" || navigator.onLine !== false);
export const hindrance = signal<Hindrance>(null);
/** The stable code of the server's last refusal of a whole request, for the person who is asked about it. */
export const refusal = signal("");
export const unsent = signal<Unsent>({ documents: 0, photos: 0, oldest_at: null });
export const lastPulledAt = signal<string | null>(null);
export const pulling = signal(false);
export const persisted = signal<boolean | null>(null);
/** Documents of sync_issues that wait for the person. */
export const issues = signal<readonly Loose[]>([]);
/** Whether this window does the sending; another one of the same app may. */
export const sends = signal(false);
export const updateReady = signal(false);
export const waits = computed(() => unsent.value.documents + unsent.value.photos);

if (typeof addEventListener === "function") {
  addEventListener("online", () => { online.value = true; });
  addEventListener("offline", () => { online.value = false; });
}
