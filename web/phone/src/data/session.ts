// Who is signed in on this phone, and what becomes of their data when they leave. A person's documents are a database of their
// own, so that nobody's unsent work is ever sent, shown or lost under another name.
import { signal } from "@preact/signals";
import { ask, authorize } from "../api/client";
import type { components } from "../api/schema";
import { reopen } from "../sync/gate";
import { speak } from "../words";
import type { Database } from "./database";
import * as drafts from "./drafts";
import { mine, nameOf, open as openLocal, phone } from "./local";
import { opens, whenOpen } from "./opening";
import { preload } from "./preload";
import * as snapshot from "./snapshot";
import { persisted, unsent } from "./status";
import { count } from "./waiting";
import { Dexie } from "dexie";

type Login = components["schemas"]["backend.LoginOut"];
export type Person = Login["person"] & { positions: Login["positions"] };
interface Session { token: string; person: Person }
/** What somebody who signed out has left on this phone. */
export interface Left { person: string; name: string; documents: number; photos: number; drafts: number }

export const signedIn = signal<Person | null>(null);
/** Nothing is known before the phone's store was read. */
export const isRead = signal(false);
export const left = signal<readonly Left[]>([]);

/** At the app's start: whoever was signed in is again, from the phone alone. */
export async function resume(): Promise<void> {
  try {
    left.value = (await phone.value<Left[]>("left")) ?? [];
    const kept = await phone.value<Session>("session");
    if (kept !== undefined) await enter(kept, () => { isRead.value = true; });
  } finally {
    isRead.value = true;
  }
  void logOutLate();
}

/** The person works on this phone from now on. Raises `Refused` (bad_credentials, device_lost, too_many_attempts) or `NoNetwork`. */
export async function signIn(username: string, password: string): Promise<void> {
  const device_id = (await phone.value<string>("device_id")) ?? crypto.randomUUID();
  await phone.keep("device_id", device_id);
  authorize("");
  const body = { username, password, device_id, device_name: navigator.userAgent.slice(0, 80) || "phone" };
  const told = await (await ask("/api/v1/auth/login", { method: "POST", body })).json() as Login;
  const before = signedIn.value;
  const session: Session = { token: told.token, person: { ...told.person, positions: told.positions } };
  await phone.keep("session", session);
  reopen();
  if (before?.id === session.person.id) {
    signedIn.value = session.person;
    authorize(session.token);
    (await network()).begin(session.person.id);
    return;
  }
  if (before !== null) await leave(before, await remaining());
  if (session.person.language === "en") speak("en");
  await enter(session);
  await settle(session.person.id, null);
}

// RxDB and the network are not needed to draw the first screen; both are read once it stands.
const store = () => import("./database");
const network = () => import("../sync");
let stopFollowing: () => void = () => undefined;

/** What Today shows is drawn from one small value, then everything is read, then RxDB is opened and the network asked. */
async function enter({ token, person }: Session, ready: () => void = () => undefined): Promise<void> {
  authorize(token);
  let give: (base: Promise<Database>) => void = () => undefined;
  opens(new Promise<Database>((resolve) => { give = resolve; }));
  const isShown = await snapshot.show(person.id).catch(() => false);
  if (isShown) {
    signedIn.value = person;
    ready();
    await shown();
  }
  await openLocal(person.id);
  const [isThere] = await Promise.all([preload(person.id), drafts.load()]);
  const open = async (): Promise<Database> => (await store()).open(person.id);
  if (!isThere) give(open());
  if (!isThere) await whenOpen();
  await count();
  signedIn.value = person;
  ready();
  if (isThere) await shown();
  if (isThere) give(open());
  await whenOpen();
  stopFollowing();
  stopFollowing = snapshot.follow(person.id);
  (await network()).begin(person.id);
  void askToPersist();
}

/** The screen was drawn with what the phone has, or is not looked at. */
const shown = (): Promise<void> => new Promise((resolve) => {
  requestAnimationFrame(() => { setTimeout(resolve, 0); });
  setTimeout(resolve, 500);
});

/** What is not sent yet, or null when nothing is. */
async function remaining(): Promise<Omit<Left, "person" | "name"> | null> {
  await count();
  const { documents, photos } = unsent.value;
  const unfinished = await mine().drafts.count();
  return documents + photos + unfinished > 0 ? { documents, photos, drafts: unfinished } : null;
}

/** The person has left this phone: null. With something unsent it is said instead, and nothing happens; `anyway` leaves
 *  it on the phone, out of sight, until the same person signs in again. */
export async function signOut(anyway = false): Promise<Omit<Left, "person" | "name"> | null> {
  const person = signedIn.value;
  if (person === null) return null;
  const rest = await remaining();
  if (rest !== null && !anyway) return rest;
  const kept = await phone.value<Session>("session");
  await phone.values.delete("session");
  if (kept !== undefined) await logOut({ token: kept.token, unsent: (rest?.documents ?? 0) + (rest?.photos ?? 0) });
  await leave(person, rest);
  signedIn.value = null;
  authorize("");
  return null;
}

/** The phone was reported lost: what it was told is gone from it; what was not sent stays, out of sight. */
export async function lock(): Promise<void> {
  const person = signedIn.value;
  if (person === null) return;
  const rest = await remaining();
  await phone.values.delete("session");
  await leave(person, rest);
  signedIn.value = null;
  authorize("");
}

async function leave(person: Person, rest: Omit<Left, "person" | "name"> | null): Promise<void> {
  stopFollowing();
  await snapshot.forget();
  (await network()).end();
  const database = await store();
  if (rest === null) {
    await database.remove(person.id);
    mine().close();
    await Dexie.delete(nameOf(person.id));
  } else {
    await (await whenOpen()).told.remove();
    await database.close();
  }
  drafts.forget();
  await settle(person.id, rest === null ? null : { person: person.id, name: person.name, ...rest });
}

async function settle(person: string, rest: Left | null): Promise<void> {
  left.value = [...left.value.filter((one) => one.person !== person), ...(rest === null ? [] : [rest])];
  await phone.keep("left", left.value);
}

interface Ending { token: string; unsent: number }

/** The server ends the token; without a network it does so later. */
async function logOut(ending: Ending): Promise<void> {
  try {
    await ask("/api/v1/auth/logout", { method: "POST", body: { unsent: ending.unsent }, headers: { Authorization: `Bearer ${ending.token}` } });
  } catch {
    await phone.keep("endings", [...((await phone.value<Ending[]>("endings")) ?? []), ending]);
  }
}

async function logOutLate(): Promise<void> {
  const endings = (await phone.value<Ending[]>("endings")) ?? [];
  if (endings.length === 0) return;
  await phone.keep("endings", []);
  for (const ending of endings) await logOut(ending);
}

async function askToPersist(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  persisted.value = (await storage?.persisted?.()) || (await storage?.persist?.()) || false;
}
