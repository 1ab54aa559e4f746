// Phones of RxDB that work offline, in each other's way, over a bad network: one interleaving after the other, as
// convergence.py tells them on stdin (a line of JSON each). What every phone holds in the end is written to stdout; there
// the same process is asked for a tick of the server ({"tick": true}, answered by a line).
import { createInterface } from "node:readline";
import { randomUUID } from "node:crypto";
import { createRxDatabase } from "rxdb/plugins/core";
import { replicateRxCollection } from "rxdb/plugins/replication";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { FAULTS, Wire } from "./wires.mjs";

// RxDB without a licence holds 13 open collections in a process: four phones have three each, visits always among them.
const BESIDE_VISITS = [["needs", "promises"], ["needs", "plan"], ["promises", "plan"]];
const WRITTEN = { visits: "note", needs: "text", promises: "text", plan: "words" }; // the words that a phone edits
const SKEWS_S = [0, 0, 0, 3, 410, -1_250, -3 * 86_400, 2 * 86_400];
const SCHEMA = { version: 0, primaryKey: "id", type: "object", properties: { id: { type: "string", maxLength: 36 } }, required: ["id"] };
const STEPS = 22;
const ROUNDS = 8; // until which everybody must agree
const LATE_MS = 60; // in every fourth interleaving a pull overtakes the answer to a push

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
async function tick() {
  say({ tick: true });
  await input.next();
}

// Mulberry32: the same interleaving for the same seed.
function chances(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (n) => Math.floor(next() * n), of: (list) => list[Math.floor(next() * list.length)] };
}

class Device {
  constructor(name, person, wire, chance) {
    Object.assign(this, { name, person, wire, chance, faults: [], written: 0 });
    this.skew = chance.of(SKEWS_S) * 1000;
    this.batch = 1 + chance.below(5);
  }

  async open(seed, names) {
    this.names = names;
    this.database = await createRxDatabase({ name: `${seed}-${this.name}`, storage: getRxStorageMemory(), multiInstance: false });
    await this.database.addCollections(Object.fromEntries(names.map((name) => [name, { schema: SCHEMA }])));
    return this;
  }

  now() {
    return new Date(Date.now() + this.skew);
  }

  day() {
    return new Date(this.now().getTime() + 8 * 3_600_000).toISOString().slice(0, 10); // in Shanghai
  }

  words() {
    this.written += 1;
    return `${this.name} ${this.written} ${this.chance.of(["缺货", "换招牌", "要培训", "\u{1f6ac}"])}`;
  }

  async asked(path, options = {}) {
    const fault = this.faults.shift();
    const headers = { Authorization: `Bearer ${this.person.token}`, "Content-Type": "application/json", "X-Device": this.name };
    headers["X-Sent-At"] = this.now().toISOString();
    if (fault) headers["X-Fault"] = fault;
    const answer = await fetch(`${this.wire.base}${path}`, { headers, ...options });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async sync() {
    await Promise.all(this.names.map((name) => this.replicate(name)));
  }

  async replicate(name) {
    const replication = replicateRxCollection({
      collection: this.database[name],
      replicationIdentifier: name,
      live: false,
      retryTime: 15,
      waitForLeadership: false,
      pull: {
        batchSize: this.batch,
        handler: (at, limit) =>
          this.asked(`/sync/${name}/1/pull?${new URLSearchParams({ lwt: at?.lwt ?? 0, id: at?.id ?? "", limit })}`),
      },
      push: {
        batchSize: this.batch,
        handler: (rows) => this.asked(`/sync/${name}/1/push`, { method: "POST", body: JSON.stringify(rows) }),
      },
    });
    await replication.awaitInitialReplication();
    await replication.cancel();
  }

  async held(name) {
    const documents = await this.database[name].find().exec();
    return Object.fromEntries(documents.map((document) => [document.id, document.toMutableJSON()]));
  }

  async fresh(name, found = {}) {
    for (let at = { lwt: 0, id: "" }; ; ) {
      const page = await this.asked(`/sync/${name}/1/pull?${new URLSearchParams({ ...at, limit: 1000 })}`);
      for (const { _deleted, ...document } of page.documents) {
        if (_deleted) delete found[document.id];
        else found[document.id] = document;
      }
      at = page.checkpoint;
      if (page.documents.length < 1000) return found;
    }
  }
}

class Interleaving {
  constructor(world) {
    this.world = world;
    this.chance = chances(world.seed);
    this.log = [];
    this.made = []; // [collection, id, device]
    this.moves = 0;
    this.names = ["visits", ...this.chance.of(BESIDE_VISITS)];
  }

  async run() {
    const { world, chance } = this;
    this.wire = await new Wire(process.env.BASE_URL, world.seed % 4 ? 0 : LATE_MS).open();
    const second = chance.of([["ma", "ma"], ["chen", "chen"], ["ma", "chen"]]);
    const who = ["lin", "lin", ...second];
    this.devices = await Promise.all(
      who.map((person, n) => new Device(`${person}-${n}`, world.people[person], this.wire, chance).open(world.seed, this.names)),
    );
    this.chen = { token: world.people.chen.token };
    await Promise.all(this.devices.map((device) => device.sync()));
    for (let n = 0; n < STEPS; n += 1) await this.step();
    const rounds = await this.settle();
    const told = await this.told(rounds);
    return told;
  }

  async close() {
    await Promise.all((this.devices ?? []).map((device) => device.database.close()));
    this.wire.close();
  }

  async step() {
    const { chance } = this;
    const device = chance.of(this.devices);
    const at = chance.below(100);
    if (at < 24) await this.create(device);
    else if (at < 42) await this.edit(device);
    else if (at < 50) await this.remove(device);
    else if (at < 64) await this.collide();
    else if (at < 84) await this.online([device]);
    else if (at < 90) await this.online(this.devices.filter(() => chance.next() < 0.6));
    else if (at < 95) await this.transfer();
    else if (at < 98) await tick();
    else device.skew = chance.of(SKEWS_S) * 1000;
  }

  async create(device) {
    const { chance, world } = this;
    const name = chance.of(["visits", ...this.names].filter((one) => one !== "plan"));
    const shop = chance.of(chance.next() < 0.9 ? world.shops : world.foreign);
    const [id, day] = [randomUUID(), device.day()];
    const moment = new Date(device.now().getTime() - 60_000 * (1 + chance.below(30)));
    const document = {
      visits: { id, retailer_id: shop, started_at: moment.toISOString(), note: device.words(), persons_met: "店主" },
      needs: { id, retailer_id: shop, kind: "supply", text: device.words(), raised_on: day, priority: 2 },
      promises: { id, retailer_id: shop, text: device.words(), promised_on: day, due_on: day, state: "open" },
    }[name];
    await device.database[name].insert(document);
    this.made.push([name, id, device.name]);
    this.log.push(`${device.name} makes ${name} ${id}`);
  }

  async some(device, names = this.names) {
    const name = this.chance.of(names);
    const documents = await device.database[name].find({ sort: [{ id: "asc" }] }).exec();
    return documents.length ? [name, this.chance.of(documents)] : [name, null];
  }

  async edit(device) {
    const [name, document] = await this.some(device);
    if (document) await this.change(device, name, document);
  }

  async change(device, name, document) {
    const { chance } = this;
    const changes = { [WRITTEN[name]]: device.words() };
    const day = device.day();
    if (name === "visits" && chance.next() < 0.3) changes.tags = [chance.of(["缺货", "换招牌"])];
    if (name === "needs" && chance.next() < 0.2) Object.assign(changes, { closed_on: day, outcome: `办了:${device.words()}` });
    if (name === "promises" && chance.next() < 0.2) Object.assign(changes, { state: "kept", settled_on: day, outcome: "" });
    if (name === "plan") changes.position = 1 + chance.below(20);
    if (name === "plan" && chance.next() < 0.2) changes.state = "dropped";
    await document.incrementalPatch(changes);
    this.log.push(`${device.name} edits ${name} ${document.id}: ${JSON.stringify(changes)}`);
  }

  async remove(device) {
    const [name, document] = await this.some(device, this.names.filter((one) => one !== "plan"));
    if (!document) return;
    await document.incrementalRemove();
    this.log.push(`${device.name} deletes ${name} ${document.id}`);
  }

  // Two phones that hold one document write it differently, neither knowing of the other.
  async collide() {
    const { chance } = this;
    const first = chance.of(this.devices);
    const [name, document] = await this.some(first);
    if (!document) return;
    const others = this.devices.filter((device) => device !== first);
    const second = chance.of(others);
    const same = await second.database[name].findOne(document.id).exec();
    await this.change(first, name, document);
    if (same && chance.next() < 0.8) await this.change(second, name, same);
    else if (same && name !== "plan") await same.incrementalRemove();
    if (chance.next() < 0.5) await this.online([first, second]);
  }

  async online(devices) {
    const { chance } = this;
    for (const device of devices) {
      const bad = chance.next() < 0.5 ? 1 + chance.below(3) : 0;
      device.faults = Array.from({ length: 8 }, (_, n) => (n < bad || chance.next() < 0.1 ? chance.of(FAULTS) : ""));
    }
    this.log.push(`online: ${devices.map((device) => `${device.name} ${device.faults.filter(Boolean)}`).join(", ")}`);
    await Promise.all(devices.map((device) => device.sync()));
    for (const device of devices) device.faults = [];
  }

  async transfer() {
    const { chance, world } = this;
    const shop = chance.of(world.shops);
    const owner = this.owners?.[shop] ?? world.territories[0];
    const to = world.territories.find((territory) => territory !== owner);
    this.owners = { ...this.owners, [shop]: to };
    const body = { retailers: [shop], from_territory: owner, to_territory: to, from_date: world.today };
    const headers = { Authorization: `Bearer ${this.chen.token}`, "Content-Type": "application/json", "Idempotency-Key": randomUUID() };
    const answer = await fetch(`${process.env.BASE_URL}/api/v1/assignments/transfer`, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.status >= 300) throw new Error(`transfer: ${answer.status} ${await answer.text()}`);
    this.moves += 1;
    this.log.push(`chen transfers ${shop} to ${to}`);
  }

  // Everybody is online until all hold the same as a phone that starts anew; the number of rounds.
  async settle() {
    for (let round = 1; ; round += 1) {
      await tick();
      await Promise.all(this.devices.map((device) => device.sync()));
      if (round > 1 && ((await this.agreed()) || round === ROUNDS)) return round;
    }
  }

  async agreed() {
    const fresh = {};
    for (const device of this.devices) {
      const person = device.name.split("-")[0];
      fresh[person] ??= await whole((name) => device.fresh(name), [...this.names, "sync_issues"]);
      for (const name of this.names) {
        const held = await device.held(name);
        for (const id of this.refused(device, name, fresh[person])) delete held[id];
        if (canonical(held) !== canonical(fresh[person][name])) return false;
      }
    }
    return true;
  }

  // What this phone made and the server did not take: it stays on its phone, with the reason among the issues.
  refused(device, name, { sync_issues: issues }) {
    const why = new Set(Object.values(issues).filter((issue) => issue.problem.en.code !== "sync_conflict").map((issue) => issue.submission_id));
    return this.made.filter(([of, id, by]) => of === name && by === device.name && why.has(id)).map(([, id]) => id);
  }

  async told(rounds) {
    const held = {}, fresh = {};
    for (const device of this.devices) {
      const person = device.name.split("-")[0];
      held[device.name] = await whole((name) => device.held(name), this.names);
      fresh[person] ??= await whole((name) => device.fresh(name), [...this.names, "sync_issues"]);
    }
    const { pushes, suffered, refused } = this.wire;
    return { seed: this.world.seed, rounds, held, fresh, pushes, suffered, refused, made: this.made, moves: this.moves, log: this.log };
  }
}

async function whole(ask, names) {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await ask(name)])));
}

function canonical(value) {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.keys(inner).filter((key) => inner[key] !== null).sort().map((key) => [key, inner[key]]))
      : inner,
  );
}

for (;;) {
  const { value, done } = await input.next();
  if (done) break;
  const interleaving = new Interleaving(JSON.parse(value));
  try {
    say(await interleaving.run());
  } catch (error) {
    say({ seed: interleaving.world.seed, error: String(error.stack ?? error), log: interleaving.log });
  } finally {
    await interleaving.close();
  }
}
process.exit(0);
