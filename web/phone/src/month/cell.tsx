// One cell of the month in a sheet: what is drafted, what the manager said, my own words, and handing it in; for month/index.tsx.
import { useState } from "preact/hooks";
import { change } from "../data/write";
import { say } from "../sentences";
import { Button, Choice, Sheet, toast } from "../ui";
import { t } from "../words";
import { isMine, COLUMNS, ROWS, type Drafted, type Words } from "./paper";
import { reasonOf } from "./submit";
import { w } from "./words";

interface Props { cell: Drafted; written: Words | undefined; busy: boolean; onHandIn: (step: "submit" | "withdraw") => unknown; onClose: () => unknown }
const MAX = 2000;

/** `客户 · 计划`. */
export function nameOf(cell: string): string {
  const [row = "", column = ""] = cell.split("_"), dimension = ROWS.find((one) => one === row), step = COLUMNS.find((one) => one === column);
  return `${dimension === undefined ? row : t(dimension)} · ${step === undefined ? column : t(step === "plan" ? "plan_step" : step)}`;
}

export function CellSheet({ cell, written, busy, onHandIn, onClose }: Props) {
  const [words, setWords] = useState(written?.words ?? "");
  const mine = isMine(cell.state);
  const keep = (next: string): void => {
    setWords(next);
    if (written === undefined) return;
    change("cell_words", written.id, { words: next.trim() === "" ? null : next }).catch((error: unknown) => { toast(reasonOf(error)); });
  };
  const phrases = [w("phrase_1"), w("phrase_2"), w("phrase_3"), w("phrase_4")];
  return (
    <Sheet title={nameOf(cell.cell)} open onClose={onClose}>
      <p><strong>{w(cell.state)}</strong></p>
      {cell.reason === null ? null : <p class="card tone-note">{w("back_because", { reason: cell.reason })}</p>}
      {cell.sentences.length === 0 ? <p class="quiet">{w("nothing")}</p> : (
        <ul>{cell.sentences.map((one, at) => <li key={at}>{say(one.template, one.version, one.parameters)}</li>)}</ul>
      )}
      {mine && written !== undefined ? (
        <>
          <label class="field"><span>{w("words")}{cell.needs_words ? ` · ${w("needs")}` : ""}</span>
            <textarea rows={3} maxLength={MAX} value={words} onInput={(event) => { keep(event.currentTarget.value); }} />
          </label>
          <p class="quiet small">{w("words_note")}</p>
          <Choice label={w("phrases")} options={phrases.map((one) => ({ value: one, label: one }))} value={null} onChange={(one) => { keep(words === "" ? one : `${words}${one}`); }} />
          <Button kind="main" wide disabled={busy || (cell.needs_words && words.trim() === "")} onClick={() => onHandIn("submit")}>{w("submit_cell")}</Button>
        </>
      ) : written?.words ? <p>{w("words")}{t("colon")}{written.words}</p> : null}
      {cell.state === "submitted" ? <Button wide disabled={busy} onClick={() => onHandIn("withdraw")}>{w("withdraw")}</Button> : null}
    </Sheet>
  );
}
