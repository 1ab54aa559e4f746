// A phone against a small server of /sync: what is written waits until an answer covers it, and nothing is lost by a refusal.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { start, stop } from "../sync/replicate";
import { mayAsk, reopen, standing } from "../sync/gate";
import { due } from "../sync/uploads";
import * as database from "./database";
import type { Loose } from "./docs";
import * as drafts from "./drafts";
import { all } from "./live";
import { mine, open } from "./local";
import { keepPhoto } from "./photos";
import { hindrance, unsent } from "./status";
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

describe("a draft and its photo", () => {
  it("are there after a restart; the photo is counted and sent only with its visit", async () => {
    const kept = await keepPhoto(new Blob(["abc"], { type: "image/jpeg" }), { visit_id: "v1", kind: "display", line: "D1" });
    expect(kept).toMatchObject({ sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", bytes: 3 });
    await drafts.keep({ id: "v1", shop_id: "s1", note: "柜台" } as never);
    expect(unsent.value.photos).toBe(1);
    drafts.forget();
    await drafts.load();
    expect(drafts.draftOf("s1").value).toEqual({ id: "v1", shop_id: "s1", note: "柜台" });
    expect(await due()).toEqual([]);
    await put("visits", { id: "v1", submission_id: "v1", retailer_id: "s1" } as never);
    await drafts.drop("v1");
    expect(await due()).toEqual([]);
    await start();
    await until(() => { expect(unsent.value.documents).toBe(0); });
    expect((await due()).map((photo) => photo.id)).toEqual([kept.id]);
    expect(drafts.draftOf("s1").value).toBeUndefined();
  });
});
