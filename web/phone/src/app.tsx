// The shell: who is signed in, which screen, the bottom bar, and the strips that say how the phone stands.
import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isWhole } from "./data/live";
import { isRead, lock, signedIn } from "./data/session";
import { hindrance, issues, reachable, updateReady, waits } from "./data/status";
import { route, type Screen } from "./route";
import { SignIn } from "./signin";
import { standing } from "./sync/gate";
import { Button, Empty, Page, Toast } from "./ui";
import { language, t } from "./words";
import { update } from "./worker";

export interface ScreenProps { id: string; query: URLSearchParams }
type Lazy = () => Promise<{ default: ComponentType<ScreenProps> }>;

/** Each screen is a chunk of its own; the worker keeps all of them, so that they open without a network. */
const SCREENS: Readonly<Record<Exclude<Screen, "unknown">, Lazy>> = {
  today: () => import("./today"),
  shop: () => import("./shop"),
  visit: () => import("./visit"),
  month: () => import("./month"),
  learn: () => import("./learn"),
  unsent: () => import("./unsent"),
};
/** The chunk of the first screen comes while the phone's store is read. */
export function fetchFirst(): void {
  const { screen } = route.peek();
  if (screen !== "unknown") SCREENS[screen]().catch(() => undefined);
}

const BAR = ["today", "month", "learn", "unsent"] as const;

class Fence extends Component<{ children: ComponentChildren; of: string }, { broken: string | null }> {
  override state = { broken: null };
  static override getDerivedStateFromError(error: unknown) {
    return { broken: String(error) };
  }
  override componentDidUpdate(before: { of: string }) {
    if (before.of !== this.props.of && this.state.broken !== null) this.setState({ broken: null });
  }
  override render() {
    return this.state.broken === null ? this.props.children : <Page title={t("crashed")}><p class="quiet small">{this.state.broken}</p></Page>;
  }
}

function Opened({ screen, id, query }: { screen: Exclude<Screen, "unknown"> } & ScreenProps) {
  const [found, setFound] = useState<{ screen: Screen; What: ComponentType<ScreenProps> } | null>(null);
  const [failed, setFailed] = useState("");
  useEffect(() => {
    let isWanted = true;
    setFailed("");
    SCREENS[screen]().then((one) => { if (isWanted) setFound({ screen, What: one.default }); }, (error: unknown) => { if (isWanted) setFailed(String(error)); });
    return () => { isWanted = false; };
  }, [screen]);
  if (failed !== "") return <Page title={t("crashed")}><p class="quiet small">{failed}</p></Page>;
  if (found?.screen !== screen || (screen !== "today" && !isWhole.value)) return <main class="page" id="main" aria-busy="true" />;
  return <found.What key={id} id={id} query={query} />;
}

export function App() {
  const { screen, id, query } = route.value;
  const isLost = standing.value === "lost";
  useEffect(() => { if (isLost) void lock(); }, [isLost]);
  useEffect(() => { document.title = t("app"); }, [language.value]);
  if (!isRead.value) return <main class="page" id="main" aria-busy="true" />;
  if (isLost) return <Page title={t("app")}><p role="alert">{t("device_lost")}</p></Page>;
  if (signedIn.value === null) return <SignIn />;
  return (
    <>
      <Strips />
      <Fence of={`${screen}/${id}`}>
        {screen === "unknown" ? <Page title={t("not_found")}><Empty title={t("not_found")} href="/app/" action={t("to_today")} /></Page> : <Opened screen={screen} id={id} query={query} />}
      </Fence>
      {screen === "visit" ? null : <Bar at={screen} />}
      <Toast />
    </>
  );
}

function Strips() {
  const [again, setAgain] = useState(false);
  if (again && standing.value !== "active") return <SignIn onDone={() => { setAgain(false); }} />;
  return (
    <div role="status">
      {updateReady.value ? <div class="strip"><span>{t("update_ready")}</span><Button kind="quiet" onClick={update}>{t("update_now")}</Button></div> : null}
      {standing.value === "sign_in" ? <div class="strip"><span>{t("sign_in_again")}</span><Button kind="quiet" onClick={() => { setAgain(true); }}>{t("sign_in")}</Button></div> : null}
      {standing.value === "ended" ? <div class="strip"><span>{t("device_ended")}</span><Button kind="quiet" onClick={() => { setAgain(true); }}>{t("sign_in")}</Button></div> : null}
      {hindrance.value === "outdated" ? <div class="strip">{t("outdated")}</div> : null}
      {!reachable.value ? <div class="strip calm">{t("offline_note")}</div> : null}
    </div>
  );
}

function Bar({ at }: { at: Screen }) {
  const counts = waits.value + issues.value.length;
  return (
    <nav class="bottom" aria-label={t("menu")}>
      <ul>
        {BAR.map((screen) => (
          <li key={screen}>
            <a href={`/app/${screen === "today" ? "" : screen}`} aria-current={at === screen ? "page" : undefined}>
              {t(screen)}{screen === "unsent" && counts > 0 ? <span class="count">{counts}</span> : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
