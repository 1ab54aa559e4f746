// Small pictures: the 3 x 5 grid of the method, a line over time, a bar. Shape and word before colour; titles for who hears.
import { t } from "../words";

export type CellState = 0 | 1 | 2 | 3 | 4;
/** One cell: a state as in the feed `cycles`, or shares of a number of shops; `overdue` puts a dot. */
export interface Cell { state?: CellState; done?: number; open?: number; missed?: number; overdue?: boolean }
export const DIMENSIONS = ["client", "brand", "market"] as const;
export const STEPS = ["analyze", "plan_step", "execute", "evaluate", "improve"] as const;
export type Size = 24 | 120 | "full";

interface GridProps { cells: readonly (readonly (Cell | CellState)[])[]; size: Size; name: string; onPress?: (row: number, column: number) => unknown }
const SIDE = 20, STEP = 24;

interface Shape { done: number; missed: number; asked: boolean; overdue: boolean }

/** Shares of a cell's square: filled from its floor, hatched from its top. Pure. */
export function shapeOf(cell: Cell | CellState): Shape {
  const told: Cell = typeof cell === "number" ? { state: cell } : cell;
  if (told.state !== undefined) {
    return { done: told.state === 2 ? 1 : 0, missed: told.state === 3 ? 1 : 0, asked: told.state >= 1 && told.state <= 3, overdue: told.overdue ?? false };
  }
  const done = told.done ?? 0, missed = told.missed ?? 0, due = done + missed + (told.open ?? 0);
  return { done: due ? done / due : 0, missed: due ? missed / due : 0, asked: due > 0, overdue: told.overdue ?? false };
}

const say = (cell: Cell | CellState): string => {
  const told: Cell = typeof cell === "number" ? { state: cell } : cell;
  const late = told.overdue ? `, ${t("overdue")}` : "";
  if (told.state !== undefined) return t(`state_${told.state}`) + late;
  return t("done_share", { done: told.done ?? 0, due: (told.done ?? 0) + (told.open ?? 0) + (told.missed ?? 0) }) + late;
};

/** The sign. At 24 and 120 px one picture with one description; `full` with heads, and each cell a press. */
export function Grid135({ cells, size, name, onPress }: GridProps) {
  if (size === "full") return <FullGrid cells={cells} size={size} name={name} onPress={onPress} />;
  const title = t("grid_of", { name });
  return (
    <svg class={`grid grid-${size}`} viewBox="-2 -2 120 72" width={size} height={size * 0.6} role="img" aria-label={title}>
      <Hatch />
      {cells.slice(0, 3).flatMap((row, y) => row.slice(0, 5).map((cell, x) => <Square key={`${x}.${y}`} cell={cell} row={y} x={x * STEP} y={y * STEP} />))}
    </svg>
  );
}

const Hatch = () => (
  <defs>
    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="2" height="5" /></pattern>
  </defs>
);

function Square({ cell, row, x, y }: { cell: Cell | CellState; row: number; x: number; y: number }) {
  const shape = shapeOf(cell);
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect class={shape.asked ? "cell" : "cell idle"} width={SIDE} height={SIDE} rx="2" />
      {shape.done > 0 ? <rect class={`fill-${DIMENSIONS[row] ?? "client"}`} y={SIDE * (1 - shape.done)} width={SIDE} height={SIDE * shape.done} /> : null}
      {shape.missed > 0 ? <rect fill="url(#hatch)" width={SIDE} height={SIDE * shape.missed} /> : null}
      {shape.asked ? <rect class="outline" width={SIDE} height={SIDE} rx="2" /> : null}
      {shape.overdue ? <circle class="dot" cx={SIDE - 4} cy="4" r="3" /> : null}
    </g>
  );
}

function FullGrid({ cells, name, onPress }: GridProps) {
  return (
    <table class="grid-full">
      <caption class="unseen">{t("grid_of", { name })}</caption>
      <thead><tr><td />{STEPS.map((step) => <th scope="col" key={step}>{t(step)}</th>)}</tr></thead>
      <tbody>
        {DIMENSIONS.map((dimension, row) => (
          <tr key={dimension}>
            <th scope="row">{t(dimension)}</th>
            {STEPS.map((step, column) => {
              const cell = cells[row]?.[column] ?? 0;
              const picture = <svg viewBox="-1 -1 22 22" aria-hidden="true"><Hatch /><Square cell={cell} row={row} x={0} y={0} /></svg>;
              const label = `${t(dimension)} ${t(step)}: ${say(cell)}`;
              return (
                <td key={step}>
                  {onPress === undefined
                    ? <span class="grid-cell" role="img" aria-label={label}>{picture}</span>
                    : <button type="button" class="grid-cell" aria-label={label} onClick={() => { onPress(row, column); }}>{picture}</button>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface SparkProps { values: readonly (number | null)[]; label: string; width?: number; height?: number; fromZero?: boolean }

/** A line over equal steps of time, gaps where nothing is known, a dot at its end. */
export function Sparkline({ values, label, width = 120, height = 32, fromZero = true }: SparkProps) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return <span class="quiet">{t("none")}</span>;
  const least = fromZero ? Math.min(0, ...known) : Math.min(...known), span = Math.max(...known) - least || 1;
  const at = (value: number, index: number): [number, number] => [
    3 + (index * (width - 6)) / Math.max(1, values.length - 1), height - 3 - ((value - least) / span) * (height - 6),
  ];
  let path = "", last: [number, number] = [0, 0], pen = "M";
  values.forEach((value, index) => {
    if (value === null) { pen = "M"; return; }
    last = at(value, index);
    path += `${pen}${last[0].toFixed(1)} ${last[1].toFixed(1)}`;
    pen = "L";
  });
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      <path d={path} /><circle cx={last[0]} cy={last[1]} r="2.5" />
    </svg>
  );
}

interface BarProps { value: number; most: number; label: string; target?: number }

/** A share of the most, from zero, with a mark where the target is. */
export function Bar({ value, most, label, target }: BarProps) {
  const share = (part: number) => Math.max(0, Math.min(1, most > 0 ? part / most : 0)) * 100;
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="bar-all" width="100" height="8" /><rect class="bar-part" width={share(value)} height="8" />
      {target === undefined ? null : <rect class="bar-target" x={Math.max(0, share(target) - 0.5)} width="1" height="8" />}
    </svg>
  );
}
