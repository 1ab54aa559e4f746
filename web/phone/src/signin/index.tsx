// Signing in, and the screens of a phone that may not work any more.
import { useState } from "preact/hooks";
import { NoNetwork, Refused } from "../api/client";
import { left, signIn } from "../data/session";
import { Button } from "../ui";
import { language, speak, t } from "../words";

const wordsFor = (error: unknown): string => {
  if (error instanceof NoNetwork) return t("sign_in_offline");
  if (!(error instanceof Refused)) return t("sign_in_failed");
  if (error.code === "device_lost") return t("device_lost");
  if (error.status === 429) return t("sign_in_many");
  return error.status === 401 ? t("sign_in_wrong") : t("sign_in_failed");
};

export function SignIn({ onDone }: { onDone?: () => unknown }) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      await signIn(String(given.get("username")).trim(), String(given.get("password")));
      onDone?.();
    } catch (error) {
      setWrong(wordsFor(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="signin" id="main">
      <h1>{t("app")}</h1>
      <form onSubmit={(event) => { void submit(event as unknown as SubmitEvent); }} class="card">
        <label class="field">{t("username")}<input name="username" autocomplete="username" autocapitalize="none" required maxLength={64} /></label>
        <label class="field">{t("password")}<input name="password" type="password" autocomplete="current-password" required maxLength={256} /></label>
        <p role="alert">{wrong}</p>
        <Button kind="main" wide type="submit" disabled={busy}>{t("sign_in")}</Button>
      </form>
      {left.value.map((one) => <p class="quiet" key={one.person}>{t("other_person", { name: one.name, count: one.documents + one.photos + one.drafts })}</p>)}
      <Button kind="quiet" onClick={() => { speak(language.value === "zh" ? "en" : "zh"); }}>{t("language")}</Button>
    </main>
  );
}
