/** What the charts share: the look of the page, axes, the box that follows the pointer, the line of a goal. Pure. */

import { exact, type Series, short, type Spec } from "./spec";

/** The tokens of the page (web/tokens/tokens.css), as they are now. */
export interface Look {
  readonly ink: string;
  readonly quiet: string;
  readonly paper: string;
  readonly line: string;
  readonly shade: string;
  readonly idle: string;
  readonly series: readonly string[];
  readonly quietSeries: string;
  readonly map: readonly string[];
  readonly type: string;
  readonly english: boolean;
  readonly narrow: boolean;
}

export type Option = Record<string, unknown>;
export const SMALL = 12;

export function tooltip(spec: Spec, look: Look, trigger: "axis" | "item"): Option {
  return {
    trigger,
    renderMode: "richText",
    confine: true,
    backgroundColor: look.paper,
    borderColor: look.line,
    textStyle: { color: look.ink, fontSize: SMALL, fontFamily: look.type },
    valueFormatter: (value: unknown) => `${exact(typeof value === "number" ? value : null, spec.places)} ${spec.measure}`,
  };
}

export function colour(place: number, series: Series, look: Look): string {
  if (series.role === "quiet") return look.quietSeries;
  return look.series[series.role === "forecast" ? 0 : place % look.series.length] ?? look.ink; // what is not yet goes on from what is
}

export function valueAxis(look: Look, min: number): Option {
  return {
    type: "value",
    min,
    splitNumber: 4,
    axisLabel: { color: look.quiet, fontSize: SMALL, formatter: (value: number) => short(value, look.english) },
    splitLine: { lineStyle: { color: look.line } },
  };
}

export function reference(spec: Spec, look: Look, axis: "xAxis" | "yAxis"): Option {
  if (spec.reference === null) return { data: [] };
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: look.ink, type: "dotted", width: 1.5 },
    label: {
      color: look.ink,
      fontSize: SMALL,
      position: axis === "xAxis" ? "start" : "end", // lists of bars run downward
      formatter: `${spec.reference.name} ${exact(spec.reference.value, spec.places)}`,
    },
    data: [{ [axis]: spec.reference.value }],
  };
}

export function categories(spec: Spec, look: Look): Option {
  return {
    type: "category",
    data: spec.labels,
    inverse: true,
    axisLabel: { color: look.ink, fontSize: SMALL, width: look.narrow ? 84 : 128, overflow: "truncate" },
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
  };
}
