// The manager's own month as the sign: 15 cells with their drafts and words, handed in; actions, improvements, outcomes. At /app/month.
import { useState } from "preact/hooks";
import type { ScreenProps } from "../app";
import { all } from "../data/live";
import { signedIn } from "../data/session";
import { reachable } from "../data/status";
import { go } from "../route";
import { dayOf } from "../time";
import { monthName } from "../today/weekday";
import { Button, Card, Choice, Empty, Grid135, Page, toast } from "../ui";
import { t } from "../words";
import { Actions } from "./actions";
import { CellSheet, nameOf } from "./cell";
import { Improvements, Outcomes } from "./carried";
import { COLUMNS, current, grid, isMine, papersOf, ROWS, wanting, wordsOf, type Paper } from "./paper";
import { handIn, reasonOf } from "./submit";
import { w } from "./words";

export default function Month({ id }: ScreenProps) {
  const person = signedIn.value?.id ?? "", papers = papersOf(person, all("cycles").value.values());
  const paper = papers.find((one) => one.month === id) ?? current(papers, dayOf());
  if (paper === undefined) return <Page title={t("month")}><Empty title={w("none")} note={w("none_note")} href="/app/" action={t("to_today")} /></Page>;
  return (
    <Page title={w("month_of", { month: monthName(paper.month) })}>
      {papers.length < 2 ? null : <Choice label={t("month")} hideLabel options={papers.map((one) => ({ value: one.month, label: monthName(one.month) }))} value={paper.month} onChange={(month) => { go(`/app/month/${month}`, "replace"); }} />}
      <Own key={paper.id} paper={paper} />
      <Actions month={paper.month} />
      <Improvements />
      <Outcomes month={paper.month} person={person} />
    </Page>
  );
}

function Own({ paper }: { paper: Paper }) {
  const [opened, setOpened] = useState<string | null>(null), [busy, setBusy] = useState(false);
  const written = [...all("cell_words").value.values()].filter((one) => one.cycle_id === paper.id), words = wordsOf(paper.id, written);
  const lacking = wanting(paper, words), left = paper.cells.filter((cell) => isMine(cell.state)).length;
  const cell = paper.cells.find((one) => one.cell === opened);
  const send = (which: string | null, step: "submit" | "withdraw"): void => {
    setBusy(true);
    handIn(paper.id, words, which, step)
      .then(() => { toast(w(step === "submit" ? "done" : "withdrawn")); setOpened(null); }, (error: unknown) => { toast(reasonOf(error)); })
      .finally(() => { setBusy(false); });
  };
  return (
    <Card>
      <Grid135 cells={grid(paper)} size="full" name={monthName(paper.month)} onPress={(row, column) => { setOpened(`${ROWS[row] ?? ""}_${COLUMNS[column] ?? ""}`); }} />
      {lacking.length === 0 ? null : (
        <div>
          <p>{w("wanting", { n: lacking.length })}</p>
          <div class="row">{lacking.map((one) => <Button key={one} onClick={() => { setOpened(one); }}>{nameOf(one)}</Button>)}</div>
        </div>
      )}
      {left === 0 ? <p class="quiet">{w("mine_left")}</p> : (
        <>
          <Button kind="main" wide disabled={busy || lacking.length > 0 || !reachable.value} onClick={() => { send(null, "submit"); }}>{w(busy ? "submitting" : "submit")}</Button>
          <p class="quiet small">{reachable.value ? w("submit_note") : w("offline")}</p>
        </>
      )}
      {cell === undefined ? null : (
        <CellSheet key={cell.cell} cell={cell} written={written.find((one) => one.cell === cell.cell)} busy={busy} onHandIn={(step) => { send(cell.cell, step); }} onClose={() => { setOpened(null); }} />
      )}
    </Card>
  );
}
