// The database of the person who is signed in, on its way: opened by session.ts after the first screen was drawn, waited for by whoever writes.
import type { Database } from "./database";

let opening: Promise<Database> | null = null;

export function opens(next: Promise<Database> | null): void {
  opening = next;
  next?.catch(() => undefined); // whoever waits for it hears of it
}

/** The database once it is open and all of it is in the live maps: whoever writes waits for that, whoever reads need not. */
export function whenOpen(): Promise<Database> {
  return opening ?? Promise.reject(new Error("nobody is signed in"));
}
