// Where the person is: paths under /app/, links followed without loading anything. `go` for what is no link.
import { computed, signal } from "@preact/signals";

export type Screen = "today" | "shop" | "visit" | "month" | "learn" | "unsent" | "unknown";
const SCREENS: readonly Screen[] = ["today", "shop", "visit", "month", "learn", "unsent"];

const path = signal(typeof location === "undefined" ? "/app/" : location.pathname + location.search);

/** The screen and its id of a path. Pure. */
export function routeOf(from: string): { screen: Screen; id: string; query: URLSearchParams } {
  const [at = "", query = ""] = from.split("?");
  const [, name = "", id = ""] = /^\/app\/?([^/]*)\/?([^/]*)\/?$/.exec(at) ?? ["", "-"];
  const screen = name === "" ? "today" : (SCREENS.find((one) => one === name) ?? "unknown");
  return { screen, id: decodeURIComponent(id), query: new URLSearchParams(query) };
}

export const route = computed(() => routeOf(path.value));

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  path.value = to;
  scrollTo(0, 0);
  requestAnimationFrame(() => document.getElementById("main")?.focus({ preventScroll: true }));
}

/** Links inside the app and the way back lead through `route`; once, by main.tsx. */
export function follow(): void {
  addEventListener("popstate", () => { path.value = location.pathname + location.search; });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest("a");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || link.target || link.origin !== location.origin) return;
    if (!link.pathname.startsWith("/app")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
