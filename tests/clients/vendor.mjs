// RxDB's own replication suite against our server, through the feed `humans`; run by tests/clients/run.py under mocha.
import assert from "node:assert";
import { addRxPlugin } from "rxdb/plugins/core";
import { RxDBDevModePlugin, disableWarnings } from "rxdb/plugins/dev-mode";
import { RxDBUpdatePlugin } from "rxdb/plugins/update";
import { replicateRxCollection } from "rxdb/plugins/replication";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { runReplicationBaseTestSuite, setConfig } from "rxdb/plugins/test-utils";
import { wrappedValidateAjvStorage } from "rxdb/plugins/validate-ajv";
import { Subject } from "rxjs";

const base = process.env.BASE_URL;
const humans = `${base}/sync/humans/0`;
const headers = { Authorization: `Bearer ${process.env.TOKEN_LIN}`, "Content-Type": "application/json" };

disableWarnings();
addRxPlugin(RxDBDevModePlugin);
addRxPlugin(RxDBUpdatePlugin);
const storage = wrappedValidateAjvStorage({ storage: getRxStorageMemory() });
setConfig({ storage: { name: "memory", getStorage: () => storage, hasPersistence: false } });

const figures = { pulls: 0, pushes: 0, conflicts: 0 };
after(() => console.log(`    ${JSON.stringify(figures)}`));

async function asked(path, options = {}) {
  const answer = await fetch(`${humans}/${path}`, { headers, ...options });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

function pulled(checkpoint, limit) {
  figures.pulls += 1;
  const at = checkpoint ?? { lwt: 0, id: "" };
  return asked(`pull?${new URLSearchParams({ lwt: at.lwt, id: at.id, limit })}`);
}

async function pushed(rows) {
  figures.pushes += 1;
  const conflicts = await asked("push", { method: "POST", body: JSON.stringify(rows) });
  figures.conflicts += conflicts.length;
  return conflicts;
}

function replicate(collection, live) {
  return replicateRxCollection({
    collection,
    replicationIdentifier: "field135-humans",
    live,
    retryTime: 200,
    pull: { handler: pulled, batchSize: 5, stream$: new Subject().asObservable() },
    push: { handler: pushed, batchSize: 5 },
  });
}

async function syncOnce(collection) {
  const state = replicate(collection, false);
  const errors = [];
  state.error$.subscribe((error) => errors.push(error));
  await state.awaitInitialReplication();
  assert.deepStrictEqual(errors, []);
}

async function everything() {
  const found = new Map();
  for (let checkpoint = null; ; ) {
    const page = await pulled(checkpoint, 1000);
    for (const document of page.documents) found.set(document.passportId, document);
    checkpoint = page.checkpoint;
    if (page.documents.length < 1000) return [...found.values()];
  }
}

describe("field135", function () {
  this.timeout(20_000);
  runReplicationBaseTestSuite({
    startReplication: (collection) => replicate(collection, true),
    syncOnce,
    getAllServerDocs: everything,
    cleanUpServer: async () => {
      const answer = await fetch(`${base}/test-clients/clean`, { method: "POST" });
      assert.strictEqual(answer.status, 204);
    },
    softDeletes: true,
    isDeleted: (document) => document._deleted,
    getPrimaryOfServerDoc: (document) => document.passportId,
  });
});
