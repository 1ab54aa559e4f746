// What comes over a page: a sheet from below, and a toast that can take the last act back.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../words";

interface SheetProps { title: string; open: boolean; onClose: () => unknown; children: ComponentChildren }

/** A modal sheet: focus stays in it, Escape and the way back close it. */
export function Sheet({ title, open, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (open && !element.open) element.showModal();
    if (!open && element.open) element.close();
  }, [open]);
  return (
    <dialog class="sheet" ref={dialog} aria-label={title} onClose={() => { if (open) onClose(); }}>
      {open ? (
        <>
          <header class="sheet-head"><h2>{title}</h2><button type="button" class="button quiet" onClick={() => { onClose(); }}>{t("close")}</button></header>
          <div class="sheet-body">{children}</div>
        </>
      ) : null}
    </dialog>
  );
}

interface Said { words: string; undo?: () => unknown }
const said = signal<Said | null>(null);
let timer = 0;

/** Says what happened for eight seconds, with a way to take it back where one is given. */
export function toast(words: string, undo?: () => unknown): void {
  said.value = undo === undefined ? { words } : { words, undo };
  clearTimeout(timer);
  timer = window.setTimeout(() => { said.value = null; }, 8_000);
}

/** The place of toasts; once, in app.tsx. */
export function Toast() {
  const now = said.value;
  return (
    <div class="toast-place" role="status" aria-live="polite">
      {now === null ? null : (
        <div class="toast">
          <span>{now.words}</span>
          {now.undo === undefined ? null : <button type="button" class="button quiet" onClick={() => { said.value = null; now.undo?.(); }}>{t("undo")}</button>}
        </div>
      )}
    </div>
  );
}
