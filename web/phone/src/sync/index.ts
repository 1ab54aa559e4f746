// Everything that goes over the network while somebody is signed in: started once by data/session.ts, in one window of the app.
import { effect } from "@preact/signals";
import { hindrance, reachable, sends, unsent, whenBack } from "../data/status";
import { hurry, mayAsk } from "./gate";
import { beat } from "./heartbeat";
import { listen } from "./lines";
import * as replicate from "./replicate";
import * as uploads from "./uploads";

const PULL_MS = 5 * 60_000; // also where the event line is open: it may be dead without a word
const SEND_MS = 60_000;

let stopped: AbortController | null = null;

/** From now on this window sends and pulls, as soon as no other does. */
export function begin(person: string): void {
  end();
  const stop = new AbortController();
  stopped = stop;
  const run = () => held(person, stop.signal);
  if (navigator.locks === undefined) void run();
  else void navigator.locks.request(`field135-${person}`, { signal: stop.signal }, run).catch(() => undefined);
}

export function end(): void {
  stopped?.abort();
  stopped = null;
}

/** Tries everything now. */
export function now(): void {
  hurry();
  replicate.resync();
  void uploads.send();
}

async function held(person: string, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  sends.value = true;
  await replicate.start();
  void uploads.tidy().catch(() => undefined);
  void listen(replicate.news, stop);
  void beats(person, stop);
  const back = () => { if (document.visibilityState === "visible" && mayAsk("push")) now(); };
  addEventListener("online", now, { signal: stop });
  document.addEventListener("visibilitychange", back, { signal: stop });
  const timers = [every(PULL_MS, replicate.resync), every(SEND_MS, () => { void uploads.send(); })];
  const sending = effect(() => { if (reachable.value && unsent.value.photos > 0 && unsent.value.documents === 0) setTimeout(() => void uploads.send(), 0); });
  await new Promise<void>((resolve) => { stop.addEventListener("abort", () => { resolve(); }, { once: true }); });
  timers.forEach(clearInterval);
  sending();
  await replicate.stop();
  sends.value = false;
  hindrance.value = null;
}

/** About so often: every window another, so that phones do not come together. */
function every(ms: number, act: () => void): number {
  return window.setInterval(act, ms * (0.8 + Math.random() * 0.4));
}

async function beats(person: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const seconds = await beat(person);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1_000);
      const heard = whenBack(() => { hurried(); });
      const hurried = () => { clearTimeout(timer); heard(); resolve(); };
      stop.addEventListener("abort", hurried, { once: true });
    });
  }
}
