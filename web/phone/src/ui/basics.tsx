// The pieces that every screen is made of; targets of 48 px or more, body type of 17 px. Look: ui/ui.css.
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { t } from "../words";

interface PageProps { title: string; back?: string; aside?: ComponentChildren; children: ComponentChildren }

/** One screen: its name, the way back (a path under /app/), and what is in it. */
export function Page({ title, back, aside, children }: PageProps) {
  return (
    <main class="page" id="main" tabIndex={-1}>
      <header class="page-head">
        {back === undefined ? null : <a class="back" href={back} aria-label={t("back")}><span aria-hidden="true">‹</span></a>}
        <h1>{title}</h1>
        {aside === undefined ? null : <div class="page-aside">{aside}</div>}
      </header>
      {children}
    </main>
  );
}

interface CardProps { title?: ComponentChildren; tone?: "client" | "brand" | "market" | "note"; href?: string; aside?: ComponentChildren; children?: ComponentChildren }

/** One question, or one thing. With `href` the title leads on. */
export function Card({ title, tone, href, aside, children }: CardProps) {
  return (
    <section class={`card${tone ? ` tone-${tone}` : ""}`}>
      {title === undefined ? null : (
        <div class="card-head">
          <h2>{href === undefined ? title : <a href={href}>{title}</a>}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

interface ButtonProps extends Omit<JSX.IntrinsicElements["button"], "onClick" | "class" | "size" | "icon"> {
  onClick?: () => unknown;
  kind?: "main" | "plain" | "quiet" | "danger";
  wide?: boolean;
  children: ComponentChildren;
}

/** A press. `main` at most once on a screen. */
export function Button({ kind = "plain", wide = false, onClick, children, ...rest }: ButtonProps) {
  return <button type="button" {...rest} class={`button ${kind}${wide ? " wide" : ""}`} onClick={() => { onClick?.(); }}>{children}</button>;
}

export interface Option<V> { value: V; label: string; note?: string }
interface ChoiceProps<V> {
  label: string;
  options: readonly Option<V>[];
  value: V | readonly V[] | null;
  onChange: (value: V) => unknown;
  many?: boolean;
  hideLabel?: boolean;
}

/** One of several, or with `many` some of them: each a press, the caller keeps what is chosen. */
export function Choice<V extends string | number | boolean>({ label, options, value, onChange, many = false, hideLabel = false }: ChoiceProps<V>) {
  const name = useId();
  const isChosen = (one: V) => (Array.isArray(value) ? (value as readonly V[]).includes(one) : value === one);
  return (
    <fieldset class="choice">
      <legend class={hideLabel ? "unseen" : ""}>{label}</legend>
      <div class="choices">
        {options.map((option) => (
          <label class={`choice-one${isChosen(option.value) ? " chosen" : ""}`} key={String(option.value)}>
            <input type={many ? "checkbox" : "radio"} name={name} checked={isChosen(option.value)} onChange={() => { onChange(option.value); }} />
            <span>{option.label}{option.note === undefined ? null : <small>{option.note}</small>}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface EmptyProps { title: string; note?: string; href?: string; action?: string }

/** Nothing here, and what to do next. */
export function Empty({ title, note, href, action }: EmptyProps) {
  return (
    <div class="empty">
      <p>{title}</p>
      {note === undefined ? null : <p class="quiet">{note}</p>}
      {href === undefined ? null : <p><a class="button plain" href={href}>{action ?? title}</a></p>}
    </div>
  );
}
