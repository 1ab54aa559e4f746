/** `<keyed-queue>`: a list worked through by keys. j and k move, o opens, x ticks, a does the main act, r asks for the reason.
 *
 * The page works without it. Keys of one letter can be switched off (WCAG 2.1.4); nothing typed in a field is taken. */

const OFF = "keys-off";
const AT = "keys-at";

class KeyedQueue extends HTMLElement {
  connectedCallback(): void {
    const help = this.help();
    const isOn = help?.querySelector<HTMLInputElement>("input");
    if (help !== null && isOn) {
      help.hidden = false;
      isOn.checked = localStorage.getItem(OFF) === null;
      isOn.addEventListener("change", () => {
        if (isOn.checked) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "1");
      });
    }
    document.addEventListener("keydown", this.pressed);
    this.comeBack();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.pressed);
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem(OFF) !== null) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape" && this.contains(target) && target.closest(".dock details[open]")) {
      this.leaveReason();
    } else if (target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) {
      return;
    } else if (!this.does(event.key)) {
      return;
    }
    event.preventDefault();
  };

  /** Whether the key means something here. */
  private does(key: string): boolean {
    if (key === "j") this.move(1);
    else if (key === "k") this.move(-1);
    else if (key === "o") this.link(this.here())?.click();
    else if (key === "x") this.tick(this.here());
    else if (key === "a") this.act();
    else if (key === "r") this.ask();
    else if (key === "?") this.help()?.toggleAttribute("open");
    else return false;
    return true;
  }

  private items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(".item")].filter((one) => this.link(one) !== null);
  }

  private help(): HTMLElement | null {
    return this.querySelector("details.keys");
  }

  private link(item: Element | null): HTMLAnchorElement | null {
    return item?.querySelector<HTMLAnchorElement>(":is(h2, h3) a") ?? null;
  }

  private box(item: Element | null): HTMLInputElement | null {
    return item?.querySelector<HTMLInputElement>(".pick input[type=checkbox], label > input[type=checkbox]") ?? null;
  }

  private here(): HTMLElement | null {
    const found = document.activeElement?.closest<HTMLElement>(".item") ?? null;
    return this.contains(found) ? found : null;
  }

  private move(by: number): void {
    const items = this.items();
    const here = this.here();
    const at = here === null ? (by > 0 ? 0 : items.length - 1) : items.indexOf(here) + by;
    this.focusOn(items[Math.max(0, Math.min(at, items.length - 1))] ?? null);
  }

  private focusOn(item: HTMLElement | null): void {
    this.link(item)?.focus();
    item?.scrollIntoView({ block: "nearest" });
  }

  private tick(item: Element | null): void {
    this.box(item)?.click();
  }

  /** What is ticked, or what the reader stands at, is what an act speaks of. */
  private isChosen(): boolean {
    if (this.querySelector(".item input[type=checkbox]:checked") !== null) return true;
    const box = this.box(this.here());
    if (box !== null) box.checked = true;
    return box !== null;
  }

  private act(): void {
    const button = this.querySelector<HTMLButtonElement>(".dock > button.primary");
    if (button === null || !this.isChosen()) return;
    this.remember();
    button.click();
  }

  private ask(): void {
    const details = this.querySelector<HTMLDetailsElement>(".dock details");
    if (details === null || !this.isChosen()) return;
    this.remember();
    details.open = true;
    details.querySelector("textarea")?.focus();
  }

  private leaveReason(): void {
    const details = this.querySelector<HTMLDetailsElement>(".dock details");
    if (details !== null) details.open = false;
    this.comeBack();
  }

  /** Where the reader stands, so that the next page of the same queue opens there. */
  private remember(): void {
    const here = this.here() ?? this.querySelector(".item input[type=checkbox]:checked")?.closest<HTMLElement>(".item");
    if (here) sessionStorage.setItem(AT, `${location.pathname} ${this.items().indexOf(here)}`);
  }

  private comeBack(): void {
    const [path, at] = (sessionStorage.getItem(AT) ?? "").split(" ");
    sessionStorage.removeItem(AT);
    const items = this.items();
    if (path === location.pathname) this.focusOn(items[Math.min(Number(at), items.length - 1)] ?? null);
  }
}

customElements.define("keyed-queue", KeyedQueue);
