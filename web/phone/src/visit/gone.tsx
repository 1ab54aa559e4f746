// A visit that was begun at a shop which has left this phone since: it is sent as it stands, or given up; never lost unsaid.
// Opened by index.tsx in place of the steps.
import { useState } from "preact/hooks";
import { open } from "../data/drafts";
import { all } from "../data/live";
import { go } from "../route";
import { Button, Card, Page, toast } from "../ui";
import { change } from "./act";
import type { VisitDraft } from "./draft";
import { finish } from "./finish";
import type { Template } from "./shapes";
import { v } from "./words";

interface GoneProps { draft: VisitDraft; onDiscard: () => void }

export function Gone({ draft, onDiscard }: GoneProps) {
  const [state, setState] = useState<"" | "busy" | "failed">("");
  const send = async () => {
    setState("busy");
    try {
      const at = open.peek().find((one) => one.draft.id === draft.id)?.changed_at ?? draft.started_at; // she left it then
      const ended = change(draft.shop_id, [{ do: "end", at, left: null }]);
      if (ended === undefined) return;
      const template = [...all("templates").value.values()].find((one) => one.version_id === draft.template_version_id) as unknown as Template | undefined;
      await finish(ended, template?.items ?? []);
      go("/app/unsent", "replace");
      toast(v("kept"));
    } catch {
      setState("failed");
    }
  };
  return (
    <Page title={draft.shop_name ?? v("visit")} back="/app/unsent">
      <Card tone="note">
        <p role="status">{v("gone")}</p>
        {draft.note === "" ? null : <p class="quiet">{draft.note}</p>}
        {state === "failed" ? <p role="alert">{v("leave_failed")}</p> : null}
        {draft.isEdit === true ? null : <Button kind="main" wide disabled={state === "busy"} onClick={() => { void send(); }}>{v("gone_send")}</Button>}
        <Button wide onClick={onDiscard}>{v(draft.isEdit === true ? "edit_drop" : "discard")}</Button>
      </Card>
    </Page>
  );
}
