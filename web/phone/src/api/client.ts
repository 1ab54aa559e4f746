// Every request of the phone to its server: token, version and clock in the headers, refusals as `Refused` with their code.
import { reachable } from "../data/status";
import type { paths } from "./schema";

export type { components, paths } from "./schema";

/** An answer that is no success; `code` is stable (docs: /problems/<code>), `detail` in the person's language. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, readonly detail: string, readonly retryAfterS: number | null) {
    super(`${status} ${code}`);
  }
}

/** No answer at all. */
export class NoNetwork extends Error {}

let token = "";
let speaks = "zh-hans";

export function authorize(next: string): void {
  token = next;
}
export function speakTo(next: "zh" | "en"): void {
  speaks = next === "zh" ? "zh-hans" : "en";
}

export function headers(): Record<string, string> {
  const told: Record<string, string> = { "X-App-Version": APP_VERSION, "X-Sent-At": new Date().toISOString(), "Accept-Language": speaks };
  if (token !== "") told.Authorization = `Bearer ${token}`;
  return told;
}

interface Asked { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }

/** The answer's response when it is a success. Raises `Refused` or `NoNetwork`. Never with cookies: the token is the log-in. */
export async function ask(path: string, asked: Asked = {}): Promise<Response> {
  const init: RequestInit = { method: asked.method ?? "GET", headers: { ...headers(), ...asked.headers }, credentials: "omit", cache: "no-store" };
  if (asked.body !== undefined) {
    init.body = JSON.stringify(asked.body);
    (init.headers as Record<string, string>)["Content-Type"] = "application/json";
  }
  if (asked.signal !== undefined) init.signal = asked.signal;
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (asked.signal?.aborted !== true) reachable.value = false;
    throw new NoNetwork(String(error));
  }
  reachable.value = true;
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({})) as { code?: string; detail?: string };
  const after = Number(answer.headers.get("Retry-After"));
  throw new Refused(answer.status, told.code ?? "", told.detail ?? "", Number.isFinite(after) && after > 0 ? after : null);
}

type Answer<P extends keyof paths, M extends keyof paths[P]> =
  paths[P][M] extends { responses: { 200: { content: { "application/json": infer Told } } } } ? Told :
  paths[P][M] extends { responses: { 201: { content: { "application/json": infer Told } } } } ? Told : undefined;
type Body<P extends keyof paths, M extends keyof paths[P]> =
  paths[P][M] extends { requestBody?: { content: { "application/json": infer Sent } } } ? Sent : undefined;

interface More { path?: Record<string, string | number>; query?: Record<string, string | number>; ifMatch?: string; key?: string; signal?: AbortSignal }

const filled = (path: string, more: More): string => {
  const at = path.replace(/\{(\w+)\}/g, (_place, name: string) => encodeURIComponent(String(more.path?.[name] ?? "")));
  return more.query === undefined ? at : `${at}?${new URLSearchParams(Object.entries(more.query).map(([name, value]) => [name, String(value)]))}`;
};

/** Reads an address of the REST API, with its ETag for a later edit. */
export async function get<P extends keyof paths>(path: P, more: More = {}): Promise<{ told: Answer<P, "get" & keyof paths[P]>; etag: string }> {
  const answer = await ask(filled(path, more), more.signal === undefined ? {} : { signal: more.signal });
  return { told: await answer.json() as Answer<P, "get" & keyof paths[P]>, etag: answer.headers.get("ETag") ?? "" };
}

/** Acts at an address of the REST API. `key` names the act, so that a repeat of it is no second one; made where not given. */
export async function act<P extends keyof paths, M extends "post" | "put" | "patch" | "delete">(
  method: M & keyof paths[P], path: P, body: Body<P, M & keyof paths[P]>, more: More = {},
): Promise<Answer<P, M & keyof paths[P]>> {
  const extra: Record<string, string> = {};
  if (method === "post") extra["Idempotency-Key"] = more.key ?? crypto.randomUUID();
  if (more.ifMatch !== undefined) extra["If-Match"] = more.ifMatch;
  const answer = await ask(filled(path, more), { method: String(method).toUpperCase(), body, headers: extra });
  return (answer.status === 204 ? undefined : await answer.json()) as Answer<P, M & keyof paths[P]>;
}
