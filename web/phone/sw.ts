// The service worker: keeps the whole app on the phone by the hash in each name, so that it opens without a network. It
// touches no data: documents and drafts are in IndexedDB, and requests to the API pass by. Built into built/phone/sw.js.
declare const PRECACHED: readonly string[];
declare const RELEASE: string;

interface Worker extends EventTarget {
  caches: CacheStorage;
  clients: { claim: () => Promise<void> };
  location: Location;
  skipWaiting: () => Promise<void>;
}
interface Extended extends Event { waitUntil: (work: Promise<unknown>) => void }
interface Fetched extends Extended { request: Request; respondWith: (answer: Promise<Response>) => void }

const worker = self as unknown as Worker;
const NAME = `field135-${RELEASE}`;
const SHELL = "/app/";
const addresses = PRECACHED.map((name) => `/static/${name}`);
const kept = new Set(addresses);

async function install(): Promise<void> {
  const cache = await worker.caches.open(NAME);
  const known = await worker.caches.keys();
  await Promise.all(addresses.map(async (address) => {
    for (const name of known) { // what did not change is not fetched again
      const same = await (await worker.caches.open(name)).match(address);
      if (same) return cache.put(address, same);
    }
    return cache.add(new Request(address, { cache: "reload" }));
  }));
  await cache.add(new Request(SHELL, { cache: "reload", credentials: "omit" }));
}

async function activate(): Promise<void> {
  const names = await worker.caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("field135-") && name !== NAME).map((name) => worker.caches.delete(name)));
  await worker.clients.claim();
}

async function answer(request: Request, address: string): Promise<Response> {
  const cache = await worker.caches.open(NAME);
  return (await cache.match(address)) ?? fetch(request);
}

worker.addEventListener("install", (event) => { (event as Extended).waitUntil(install()); });
worker.addEventListener("activate", (event) => { (event as Extended).waitUntil(activate()); });
worker.addEventListener("message", (event) => { if ((event as MessageEvent).data === "take over") void worker.skipWaiting(); });
worker.addEventListener("fetch", (event) => {
  const { request, respondWith } = event as Fetched;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith(SHELL)) respondWith.call(event, answer(request, SHELL));
  else if (kept.has(url.pathname)) respondWith.call(event, answer(request, url.pathname));
});
export {};
