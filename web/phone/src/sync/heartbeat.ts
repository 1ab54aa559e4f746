// What the phone reports every quarter of an hour, and what it learns: the data's epoch, the oldest version that may sync,
// how far its clock is off (docs/sync.md).
import { signal } from "@preact/signals";
import { ask } from "../api/client";
import type { components } from "../api/schema";
import { madeAt, OWNED, type BothWays, type Loose } from "../data/docs";
import { all } from "../data/live";
import { mine } from "../data/local";
import { unsent } from "../data/status";
import { outdated, passed, refused } from "./gate";
import { ownedOf } from "./replicate";
import { offerAgain } from "./uploads";
import { push } from "./wire";

type Told = components["schemas"]["backend.HeartbeatOut"];
const OFTEN_S = 900;
const OFFERED_MS = 14 * 86_400_000;
const ROWS = 50;

/** The phone's clock less the server's, in seconds. */
export const clockOffsetS = signal(0);

/** Reports once; seconds until the next time. */
export async function beat(person: string): Promise<number> {
  const { documents, photos, oldest_at } = unsent.value;
  const body = { unsent: documents + photos, oldest_at, app_version: APP_VERSION, sent_at: new Date().toISOString() };
  try {
    const answer = await ask("/api/v1/devices/heartbeat", { method: "POST", body });
    const told = await answer.json() as Told;
    clockOffsetS.value = told.offset_s;
    outdated.value = isOlder(APP_VERSION, told.min_app_version);
    passed();
    await epoch(told.data_epoch, person);
    return told.next_in_s;
  } catch (error) {
    refused(error);
    return OFTEN_S * (0.8 + Math.random() * 0.4);
  }
}

/** Whether a version is older than another; "" is older than none. Pure. */
export function isOlder(version: string, least: string): boolean {
  const ours = version.split("."), theirs = least === "" ? [] : least.split(".");
  for (let at = 0; at < theirs.length; at += 1) {
    const difference = Number(ours[at] ?? 0) - Number(theirs[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** The server came back from a backup: what was made here in the last fortnight is offered again, as new. */
async function epoch(told: string, person: string): Promise<void> {
  const known = await mine().value<string>("data_epoch");
  if (known !== undefined && known !== told) {
    for (const name of Object.keys(OWNED) as BothWays[]) {
      const rows = recent(name, person).map((doc) => ({ newDocumentState: { ...ownedOf(name, doc), _deleted: false } as Loose }));
      for (let from = 0; from < rows.length; from += ROWS) await push(name, rows.slice(from, from + ROWS));
    }
    await offerAgain();
  }
  await mine().keep("data_epoch", told);
}

/** The person's own documents of the last fortnight. */
export function recent(name: BothWays, person: string, now = Date.now()): Loose[] {
  const since = new Date(now - OFFERED_MS).toISOString();
  return [...all(name).value.values()].filter((doc: Loose) => {
    const made = madeAt(name, doc);
    const author: unknown = doc.person_id ?? doc.raised_by ?? doc.promised_by; // absent of what was made here and not told back yet
    return made !== null && made >= since.slice(0, made.length) && (author === undefined || author === person);
  });
}
