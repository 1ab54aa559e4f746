/** What ECharts is told for each kind of chart: lines from time, bars from zero, dot and range, counties. Pure. */

import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams, CustomSeriesRenderItemReturn } from "echarts";
import { categories, colour, type Look, type Option, reference, SMALL, tooltip, valueAxis } from "./axes";
import { bounds, exact, floor, type Spec } from "./spec";

export function optionOf(spec: Spec, look: Look): Option {
  const common: Option = {
    animation: false,
    textStyle: { fontFamily: look.type, color: look.ink, fontSize: SMALL },
    aria: { enabled: false },
  };
  const drawn = { lines, bars, range, map }[spec.kind](spec, look);
  return { ...common, ...drawn };
}

/** The height that a chart needs beyond the style's own; null: as the style says. */
export function heightOf(spec: Spec): number | null {
  if (spec.kind === "bars") return 48 + spec.labels.length * (spec.series.length > 1 ? 36 : 26);
  return spec.kind === "range" ? 64 + spec.labels.length * 30 : null;
}

function lines(spec: Spec, look: Look): Option {
  const bare = spec.series.length > 1 || spec.shades.length > 0;
  const goesOn = spec.series.some((one) => one.role === "forecast");
  return {
    grid: { left: 8, right: bare ? (look.narrow ? 72 : 96) : 16, top: 24, bottom: 4, containLabel: true },
    tooltip: tooltip(spec, look, "axis"),
    xAxis: {
      type: "category",
      data: spec.labels,
      boundaryGap: false,
      axisLabel: { color: look.quiet, fontSize: SMALL, hideOverlap: true },
      axisLine: { lineStyle: { color: look.line } },
      axisTick: { show: false },
    },
    yAxis: valueAxis(look, floor(spec.series)),
    series: spec.series.map((one, place) => ({
      type: "line",
      name: one.name,
      data: one.values,
      symbol: "circle",
      symbolSize: one.role === "quiet" ? 0 : 5,
      showSymbol: true,
      connectNulls: false,
      cursor: spec.links.length > 0 ? "pointer" : "default",
      lineStyle: { width: one.role === "quiet" ? 1.5 : 2, type: one.role === "" ? "solid" : "dashed" },
      itemStyle: { color: colour(place, one, look) },
      emphasis: { disabled: true },
      // Named at its end, in place of a legend.
      endLabel: {
        show: spec.series.length > 1 && !(one.role === "" && goesOn), // where a line goes on dashed, that end is named
        formatter: "{a}",
        color: one.role === "quiet" ? look.quiet : colour(place, one, look),
        width: look.narrow ? 64 : 88,
        overflow: "truncate",
        fontSize: SMALL,
      },
      labelLayout: { moveOverlap: "shiftY" },
      ...(place === 0 ? { markArea: shades(spec, look), markLine: reference(spec, look, "yAxis") } : {}),
    })),
  };
}

/** From the point before to the point after: on an axis of points a single month has no width of its own. */
function shades(spec: Spec, look: Look): Option {
  return {
    silent: true,
    itemStyle: { color: look.shade },
    label: { color: look.quiet, fontSize: SMALL, position: "insideTop" },
    data: spec.shades.map(([from, to, name]) => [
      { name, xAxis: spec.labels[Math.max(0, from - 1)] ?? "" },
      { xAxis: spec.labels[Math.min(spec.labels.length - 1, to + 1)] ?? "" },
    ]),
  };
}

function bars(spec: Spec, look: Look): Option {
  const many = spec.series.length > 1;
  return {
    grid: { left: 8, right: 64, top: many ? 28 : 8, bottom: 4, containLabel: true },
    legend: { show: many, top: 0, left: 0, icon: "rect", itemWidth: 12, itemHeight: 12, textStyle: { color: look.ink } },
    tooltip: tooltip(spec, look, "axis"),
    xAxis: { ...valueAxis(look, 0), min: (bounds(spec.series)?.[0] ?? 0) < 0 ? null : 0 },
    yAxis: categories(spec, look),
    series: spec.series.map((one, place) => ({
      type: "bar",
      name: one.name,
      data: one.values,
      barMaxWidth: 16,
      barGap: "10%",
      cursor: spec.links.length > 0 ? "pointer" : "default",
      itemStyle: { color: colour(place, one, look) },
      emphasis: { disabled: true },
      label: {
        show: true,
        position: "right",
        color: one.role === "quiet" ? look.quiet : look.ink,
        fontSize: SMALL,
        formatter: (told: { value: unknown }) => exact(typeof told.value === "number" ? told.value : null, spec.places),
      },
      ...(place === 0 ? { markLine: reference(spec, look, "xAxis") } : {}),
    })),
  };
}

/** Least to most as a thin line, quartiles as a box, the median as a dot. Series: least, lower, median, upper, most. */
function range(spec: Spec, look: Look): Option {
  const marks = spec.labels.map((_, n) => [n, ...spec.series.map((one) => one.values[n] ?? null)]);
  const known = spec.reference === null ? [] : [spec.reference.value];
  const [least, most] = bounds(spec.series) ?? [0, 1];
  const pad = Math.max((most - least) * 0.06, most * 0.01);
  return {
    grid: { left: 8, right: 32, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      ...tooltip(spec, look, "item"),
      formatter: (told: { dataIndex: number }) =>
        [spec.labels[told.dataIndex], ...spec.series.map((s) => `${s.name} ${exact(s.values[told.dataIndex], spec.places)}`)].join("\n"),
    },
    xAxis: {
      ...valueAxis(look, 0),
      min: Math.max(0, Math.floor(Math.min(least, ...known) - pad)),
      max: Math.ceil(Math.max(most, ...known) + pad),
    },
    yAxis: categories(spec, look),
    series: [
      {
        type: "custom",
        data: marks,
        cursor: spec.links.length > 0 ? "pointer" : "default",
        renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => spread(params, api, look),
        encode: { x: [1, 2, 3, 4, 5], y: 0 },
        markLine: reference(spec, look, "xAxis"),
      },
    ],
  };
}

function spread(
  params: CustomSeriesRenderItemParams,
  api: CustomSeriesRenderItemAPI,
  look: Look,
): CustomSeriesRenderItemReturn {
  const plane = params.coordSys as unknown as { x: number; width: number };
  const at = (part: number): number[] => api.coord([api.value(part), api.value(0)]);
  const [least, lower, median, upper, most] = [at(1), at(2), at(3), at(4), at(5)].map(([x]) => x ?? 0);
  const y = at(1)[1] ?? 0;
  const main = look.series[0] ?? look.ink;
  const width = Math.max((upper ?? 0) - (lower ?? 0), 2);
  return {
    type: "group",
    children: [
      // The whole row can be pointed at.
      { type: "rect", shape: { x: plane.x, y: y - 12, width: plane.width, height: 24 }, style: { fill: "transparent" } },
      { type: "line", shape: { x1: least, y1: y, x2: most, y2: y }, style: { stroke: look.quiet, lineWidth: 1 } },
      { type: "rect", shape: { x: lower, y: y - 6, width, height: 12 }, style: { fill: look.map[1], stroke: main, lineWidth: 1 } },
      { type: "circle", shape: { cx: median, cy: y, r: 4.5 }, style: { fill: main, stroke: look.paper, lineWidth: 1 } },
    ],
  };
}

function map(spec: Spec, look: Look): Option {
  const values = spec.series[0]?.values ?? [];
  const [least, most] = bounds(spec.series) ?? [0, 1];
  return {
    tooltip: {
      ...tooltip(spec, look, "item"),
      formatter: (told: { name: string }) => {
        const place = spec.codes.indexOf(told.name);
        return place < 0 ? "" : `${spec.labels[place] ?? ""}\n${exact(values[place], spec.places)} ${spec.measure}`;
      },
    },
    visualMap: {
      min: least,
      max: most === least ? least + 1 : most,
      orient: "horizontal",
      left: 0,
      bottom: 0,
      itemWidth: 12,
      itemHeight: 120,
      inRange: { color: look.map },
      outOfRange: { color: look.idle },
      text: [exact(most, spec.places), exact(least, spec.places)],
      textStyle: { color: look.quiet, fontSize: SMALL },
      calculable: false,
      hoverLink: false,
    },
    series: [
      {
        type: "map",
        map: spec.shapes,
        nameProperty: "code",
        aspectScale: 0.86,
        top: 8,
        bottom: 40,
        selectedMode: false,
        cursor: "pointer",
        itemStyle: { areaColor: look.idle, borderColor: look.paper, borderWidth: 1.5 },
        emphasis: { itemStyle: { areaColor: null, borderColor: look.ink }, label: { color: look.ink } },
        label: {
          show: true,
          color: look.ink,
          fontSize: SMALL,
          textBorderColor: look.paper,
          textBorderWidth: 2,
          formatter: (told: { name: string }) => {
            const place = spec.codes.indexOf(told.name);
            return place < 0 ? "" : `${spec.labels[place] ?? ""}\n${exact(values[place], spec.places)}`;
          },
        },
        labelLayout: { hideOverlap: true },
        data: spec.codes.map((code, n) => ({ name: code, value: values[n] ?? Number.NaN })),
      },
    ],
  };
}
