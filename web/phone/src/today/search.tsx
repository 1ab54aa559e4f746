// A shop for a visit that nobody planned: by name, pinyin initials, holder, code or address; for today/index.tsx.
import { useState } from "preact/hooks";
import { all } from "../data/live";
import { Button, Sheet } from "../ui";
import { search } from "./day";
import { Facts } from "./stop";
import { w } from "./words";

export function Search() {
  const [open, setOpen] = useState(false), [typed, setTyped] = useState("");
  const found = open ? search(typed, all("retailers").value.values()) : [];
  return (
    <>
      <Button wide onClick={() => { setOpen(true); }}>{w("find")}</Button>
      <Sheet title={w("find")} open={open} onClose={() => { setOpen(false); }}>
        <label class="field"><span>{w("find_label")}</span>
          <input type="search" autocomplete="off" autocapitalize="off" spellcheck={false} value={typed} onInput={(event) => { setTyped(event.currentTarget.value); }} />
        </label>
        <div aria-live="polite">
          {typed.trim() !== "" && found.length === 0 ? <p>{w("found_none")} <span class="quiet small">{w("found_note")}</span></p> : null}
        </div>
        {found.map((shop) => (
          <section class="card" key={shop.id}>
            <h3>{shop.name}</h3>
            <p class="small">{shop.holder} · {shop.code} · {shop.address}</p>
            <Facts shop={shop} />
            <div class="row"><a class="button" href={`/app/visit/${shop.id}`}>{w("visit")}</a><a class="button quiet" href={`/app/shop/${shop.id}`}>{w("card")}</a></div>
          </section>
        ))}
      </Sheet>
    </>
  );
}
