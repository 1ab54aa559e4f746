// The screen "shop"; app.tsx opens it.
import type { ScreenProps } from "../app";
import { Empty, Page } from "../ui";
import { t } from "../words";

export default function Shop(_props: ScreenProps) {
  return <Page title={t("app")}><Empty title={t("nothing_here")} /></Page>;
}
