// How the phone stands with the server: read by the bottom bar, the Unsent screen and every freshness line.
import { computed, effect, signal } from "@preact/signals";
import type { Loose } from "./docs";

export interface Unsent { documents: number; photos: number; oldest_at: string | null }
/** Keys (`collection/id`) of the documents that wait to be sent. */
export const waitingKeys = signal<ReadonlySet<string>>(new Set());
/** Why nothing goes out at the moment; null when nothing stands in the way. */
export type Hindrance = "auth" | "outdated" | "server" | "denied" | "refused" | null;

/** Whether the server was there when it was last asked. What the browser says of its network is a hint alone: where it says
 *  there is none that is taken for true, where it says there is one the next answer decides. */
export const reachable = signal(typeof navigator === "undefined" || navigator.onLine !== false);
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
  addEventListener("offline", () => { reachable.value = false; });
}

/** Calls `act` each time the server is there again, until told to stop. */
export function whenBack(act: () => unknown): () => void {
  let was = reachable.peek();
  return effect(() => {
    const is = reachable.value;
    if (is && !was) setTimeout(act, 0);
    was = is;
  });
}
