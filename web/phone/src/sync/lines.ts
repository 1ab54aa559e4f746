// The one event line of a phone, /sync/stream: read by fetch, because it carries a token; reconnects by itself.
import { ask, Refused } from "../api/client";
import { BOTH_WAYS, DOWN, type Collection } from "../data/docs";
import { whenBack } from "../data/status";
import { mayAsk, refused } from "./gate";
import type { Pulled } from "./wire";

/** `RESYNC`: pull this one. */
export type News = (collection: Collection, told: Pulled | "RESYNC") => void;
export const COLLECTIONS: readonly Collection[] = [...BOTH_WAYS, ...DOWN];
const QUIET_MS = 70_000; // the server comments every 25 s

/** Splits what arrives into events; gives back what is not whole yet. Pure. */
export function events(buffer: string): { found: { event: string; data: string }[]; rest: string } {
  const parts = buffer.replace(/\r\n/g, "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const found = parts.flatMap((part) => {
    let event = "", data = "";
    for (const line of part.split("\n")) {
      if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5).trim();
    }
    return data === "" ? [] : [{ event, data }];
  });
  return { found, rest };
}

const wait = (ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  const heard = whenBack(() => { done(); });
  const timer = setTimeout(() => { done(); }, ms);
  const done = () => { clearTimeout(timer); heard(); resolve(); };
  signal.addEventListener("abort", done, { once: true });
});

/** Listens until aborted. Each time it is open, everything is pulled: the line begins at "now". */
export async function listen(news: News, stop: AbortSignal): Promise<void> {
  let pause = 1_000;
  while (!stop.aborted) {
    try {
      if (mayAsk("pull")) {
        await oneLine(news, stop);
        pause = 1_000;
      }
    } catch (error) {
      refused(error);
      if (error instanceof Refused && (error.status === 501 || error.status === 403)) return; // pulls at intervals will do
    }
    await wait(pause * (0.5 + Math.random()), stop);
    pause = Math.min(pause * 2, 60_000);
  }
}

async function oneLine(news: News, stop: AbortSignal): Promise<void> {
  const dead = new AbortController();
  const ended = () => { dead.abort(); };
  stop.addEventListener("abort", ended, { once: true });
  const answer = await ask(`/sync/stream?collections=${COLLECTIONS.map((name) => `${name}/1`).join(",")}`, { signal: dead.signal });
  for (const collection of COLLECTIONS) news(collection, "RESYNC");
  let timer = setTimeout(ended, QUIET_MS), buffer = "";
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
      clearTimeout(timer);
      timer = setTimeout(ended, QUIET_MS);
      const { found, rest } = events(buffer + read.value);
      buffer = rest;
      for (const one of found) tell(news, one);
    }
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", ended);
    ended();
  }
}

function tell(news: News, one: { event: string; data: string }): void {
  const told = JSON.parse(one.data) as Pulled | "RESYNC";
  const collection = one.event.slice(0, one.event.indexOf("/")) as Collection;
  if (COLLECTIONS.includes(collection)) news(collection, told);
}
