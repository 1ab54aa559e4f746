// A phone against a small server of /sync: what is written waits until an answer covers it, and nothing is lost by a refusal.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resync, start, stop } from "../sync/replicate";
import { mayAsk, reopen, standing } from "../sync/gate";
import { due, tidy } from "../sync/uploads";
import * as database from "./database";
import type { Loose } from "./docs";
import * as drafts from "./drafts";
import { all } from "./live";
import { mine, open } from "./local";
import { keepPhoto } from "./photos";
import { ask, NoNetwork, Refused } from "../api/client";
import { bringBack, takenBack, withdraw } from "../visit/edit";
import { hindrance, reachable, unsent, whenBack } from "./status";
import { change, put, takeBack } from "./write";

interface Row { assumedMasterState?: Loose; newDocumentState: Loose }
const PERSON = "0192f0a0-0000-7000-8000-000000000001";

/** Answers as the real one: pages by a number, push stores what it gets unless told otherwise. */
class Server {
  told: Record<string, (Loose & { _deleted: boolean })[]> = {};
  pushed: Row[] = [];
  asked: string[] = [];
  answers: { push?: () => Response; pull?: (collection: string) => Response | undefined } = {};

  fetch = (path: string, init?: RequestInit): Promise<Response> => {
    const url = new URL(path, "http://here"), [, , collection = "", , way] = url.pathname.split("/");
    this.asked.push(`${way} ${collection}`);
    if (way === "push") {
      const other = this.answers.push?.();
      if (other) return Promise.resolve(other);
      this.pushed.push(...(JSON.parse(String(init?.body)) as Row[]));
      return Promise.resolve(Response.json([]));
    }
    const other = this.answers.pull?.(collection);
    if (other) return Promise.resolve(other);
    const lwt = Number(url.searchParams.get("lwt")), limit = Number(url.searchParams.get("limit"));
    const page = (this.told[collection] ?? []).slice(lwt, lwt + limit);
    return Promise.resolve(Response.json({ documents: page, checkpoint: { id: page.length ? "x" : url.searchParams.get("id"), lwt: lwt + page.length } }));
  };
}

let server: Server;
const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 20 });
const need = (id: string, text = "要一台冰柜") => ({ id, retailer_id: "s1", kind: "service", text, raised_on: "2026-03-02" }) as never;

beforeEach(async () => {
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("APP_VERSION", "1.0.0");
  reopen();
  await open(PERSON);
  await database.open(PERSON);
  await drafts.load();
});
afterEach(async () => {
  await stop();
  await database.remove(PERSON);
  await mine().delete();
  drafts.forget();
  vi.unstubAllGlobals();
});

describe("what is told", () => {
  it("comes page by page into one map per collection, and deleted ones leave it", async () => {
    server.told.retailers = Array.from({ length: 450 }, (_, at) => ({ id: `s${at}`, name: `店${at}`, _deleted: false }));
    server.told.products = [{ id: "p1", name: "红金龙", _deleted: false }, { id: "p1", _deleted: true }, { id: "p2", name: "黄鹤楼", _deleted: false }];
    await start();
    await until(() => { expect(all("retailers").value.size).toBe(450); expect(all("products").value.size).toBe(1); });
    expect(all("retailers").value.get("s449")).toEqual({ id: "s449", name: "店449" });
    expect([...all("products").value.keys()]).toEqual(["p2"]);
    expect(server.asked.filter((one) => one === "pull retailers").length).toBe(3);
  });

  it("is there again after a restart, before the network is asked", async () => {
    server.told.retailers = [{ id: "s1", name: "店一", _deleted: false }];
    await start();
    await until(() => { expect(all("retailers").value.size).toBe(1); });
    await stop();
    await database.close();
    expect(all("retailers").value.size).toBe(0);
    server.asked = [];
    await database.open(PERSON);
    expect(all("retailers").value.get("s1")).toEqual({ id: "s1", name: "店一" });
    expect(server.asked).toEqual([]);
  });

  it("of a collection that is not ours to read is not asked for again, and the others come", async () => {
    server.answers.pull = (collection) => (collection === "samples" ? Response.json({ code: "forbidden" }, { status: 403 }) : undefined);
    server.told.notices = [{ id: "n1", _deleted: false }];
    await start();
    await until(() => { expect(all("notices").value.size).toBe(1); });
    expect(server.asked.filter((one) => one === "pull samples").length).toBe(1);
  });
});

describe("what is written", () => {
  it("waits, is sent once, and waits no more", async () => {
    await put("needs", need("n1"));
    expect(unsent.value).toMatchObject({ documents: 1, photos: 0 });
    expect(all("needs").value.get("n1")).toMatchObject({ text: "要一台冰柜" });
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect(server.pushed.map((row) => row.newDocumentState)).toEqual([{ id: "n1", retailer_id: "s1", kind: "service", text: "要一台冰柜", raised_on: "2026-03-02", _deleted: false }]);
    expect(unsent.value.oldest_at).toBeNull();
  });

  it("goes after the quizzes when it is a visit: a briefing stands once its quiz is there", async () => {
    await put("visits", { id: "v1", retailer_id: "s1" } as never);
    await put("quiz_attempts", { id: "q1", version_id: 7 } as never);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect(server.pushed.map((row) => row.newDocumentState.id)).toEqual(["q1", "v1"]);
  });

  it("keeps its photos to be sent when the visit leaves the phone with its shop, and lets go of one that an edit took out", async () => {
    const [kept, out] = await Promise.all([1, 2].map((n) => keepPhoto(new Blob([`photo ${n}`]), { visit_id: "v1", kind: "shop" })));
    await put("visits", { id: "v1", retailer_id: "s1", photos: [{ id: kept?.id }] } as never);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    server.told.visits = [{ id: "v1", _deleted: true }];
    resync();
    await until(() => { expect(all("visits").value.has("v1")).toBe(false); });
    expect((await due()).map((photo) => photo.id)).toEqual([kept?.id]);
    expect((await mine().photos.get(out?.id ?? ""))?.declared).toBe(false);
    await tidy(Date.now() + 3 * 86_400_000);
    expect(await mine().photos.toCollection().primaryKeys()).toEqual([kept?.id]);
  });

  it("is sent as an edit of what the server was last told, and a deletion whole", async () => {
    await start();
    await put("needs", need("n1"));
    await until(() => { expect(server.pushed.length).toBe(1); });
    await change("needs", "n1", { text: "要两台" });
    await until(() => { expect(server.pushed.length).toBe(2); });
    expect(server.pushed[1]?.assumedMasterState).toMatchObject({ id: "n1", text: "要一台冰柜" });
    await takeBack("needs", "n1");
    await until(() => { expect(server.pushed[2]?.newDocumentState).toMatchObject({ id: "n1", text: "要两台", _deleted: true }); });
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect(all("needs").value.has("n1")).toBe(false);
  });

  it("stays while the log-in is not valid, and goes after signing in again", async () => {
    server.answers.push = () => Response.json({ code: "token_expired" }, { status: 401 });
    await put("needs", need("n1"));
    await start();
    await until(() => { expect(standing.value).toBe("sign_in"); });
    expect(hindrance.value).toBe("auth");
    expect(mayAsk("push")).toBe(false);
    expect(unsent.value.documents).toBe(1);
    delete server.answers.push;
    reopen();
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect(server.pushed.length).toBe(1);
  });

  it("of an ended phone is still sent, while nothing is pulled", async () => {
    standing.value = "ended";
    expect([mayAsk("push"), mayAsk("pull")]).toEqual([true, false]);
    standing.value = "lost";
    expect([mayAsk("push"), mayAsk("pull")]).toEqual([false, false]);
  });

  it("gives way to the server's in a conflict", async () => {
    const theirs = { id: "n1", retailer_id: "s1", text: "已送到", _deleted: false };
    server.answers.push = () => Response.json([theirs]);
    await put("needs", need("n1"));
    await start();
    await until(() => { expect(all("needs").value.get("n1")?.text).toBe("已送到"); });
  });
});

describe("a visit that is taken back", () => {
  const visit = { id: "v1", submission_id: "v1", retailer_id: "s1", started_at: "2026-03-16T01:00:00Z", note: "柜台", photos: [] };
  it("can be brought back while nobody knows, and is sent once, as it was", async () => {
    await put("visits", visit as never);
    await withdraw(visit);
    expect([all("visits").value.has("v1"), unsent.value.documents, [...(await takenBack()).keys()]]).toEqual([false, 1, ["v1"]]);
    expect(await bringBack("v1")).toBe(true);
    expect(all("visits").value.get("v1")).toEqual(visit);
    expect((await takenBack()).size).toBe(0);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect(server.pushed.map((row) => row.newDocumentState)).toEqual([{ ...visit, _deleted: false }]);
  });
  it("can be brought back also while sending it has failed", async () => {
    await put("visits", visit as never);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    server.answers.push = () => { throw new TypeError("Failed to fetch"); };
    const asked = () => server.asked.filter((one) => one === "push visits").length, before = asked();
    await withdraw(visit);
    await until(() => { expect(asked()).toBeGreaterThan(before); });
    expect(await bringBack("v1")).toBe(true);
    delete server.answers.push;
    await vi.waitFor(() => { expect(unsent.value.documents).toBe(0); }, { timeout: 12_000, interval: 50 });
    expect(server.pushed.map((row) => row.newDocumentState._deleted)).not.toContain(true);
    expect(all("visits").value.get("v1")).toEqual(visit);
  }, 20_000);
  it("stays so once that was sent", async () => {
    await put("visits", visit as never);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    await withdraw(visit);
    await until(() => { expect(server.pushed[1]?.newDocumentState._deleted).toBe(true); expect(unsent.value.documents).toBe(0); });
    expect(await bringBack("v1")).toBe(false);
    expect([all("visits").value.has("v1"), server.pushed.length, (await takenBack()).size]).toEqual([false, 2, 0]);
  });
});

describe("whether the server is there", () => {
  it("is what the last request says, whatever the browser thinks", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(ask("/api/v1/me")).rejects.toThrow(NoNetwork);
    expect(reachable.value).toBe(false);
    const back = vi.fn(), heard = whenBack(back);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status: 503 })));
    await expect(ask("/api/v1/me")).rejects.toThrow(Refused);
    expect(reachable.value).toBe(true);
    await until(() => { expect(back).toHaveBeenCalledTimes(1); });
    heard();
    const stop = new AbortController();
    stop.abort();
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("aborted", "AbortError")));
    await expect(ask("/api/v1/me", { signal: stop.signal })).rejects.toThrow(NoNetwork);
    expect(reachable.value).toBe(true);
  });
});

describe("a draft and its photo", () => {
  it("are there after a restart; the photo is counted and sent only with its visit", async () => {
    const kept = await keepPhoto(new Blob(["abc"], { type: "image/jpeg" }), { visit_id: "v1", kind: "display", line: "D1" });
    expect(kept).toMatchObject({ sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", bytes: 3 });
    await drafts.keep({ id: "v1", shop_id: "s1", note: "柜台" } as never);
    expect(unsent.value.photos).toBe(0);
    drafts.forget();
    await drafts.load();
    expect(drafts.draftOf("s1").value).toEqual({ id: "v1", shop_id: "s1", note: "柜台" });
    expect(await due()).toEqual([]);
    await keepPhoto(new Blob(["taken back"]), { visit_id: "v1", kind: "display" });
    await put("visits", { id: "v1", submission_id: "v1", retailer_id: "s1", photos: [{ id: kept.id }] } as never);
    expect(unsent.value).toMatchObject({ documents: 1, photos: 1 });
    await drafts.drop("v1");
    expect(await due()).toEqual([]);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect((await due()).map((photo) => photo.id)).toEqual([kept.id]);
    expect(drafts.draftOf("s1").value).toBeUndefined();
  });
});
