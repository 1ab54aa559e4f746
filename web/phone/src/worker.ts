// The page's side of the service worker: registers it, says when a new version waits, and changes to it at the person's word.
import { updateReady } from "./data/status";

let waiting: ServiceWorker | null = null;

export function register(): void {
  if (!("serviceWorker" in navigator)) return;
  const hadOne = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (hadOne) location.reload(); });
  void navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" }).then((registration) => {
    const note = () => {
      if (registration.waiting === null || navigator.serviceWorker.controller === null) return;
      waiting = registration.waiting;
      updateReady.value = true;
    };
    note();
    registration.addEventListener("updatefound", () => { registration.installing?.addEventListener("statechange", note); });
    setInterval(() => { if (navigator.onLine) void registration.update().catch(() => undefined); }, 60 * 60_000);
  }).catch(() => undefined); // plain http from another machine: the app works, without a start offline
}

/** The new version takes over and the page loads anew; drafts are in the store with each change. */
export function update(): void {
  waiting?.postMessage("take over");
}
