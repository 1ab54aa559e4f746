/** `<trade-chart spec="id">`: draws what a JSON block of the page tells; entry.ts fetches it where there is one. */

import { BarChart, CustomChart, LineChart, MapChart } from "echarts/charts";
import {
  GeoComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { type ECharts, getMap, init, registerMap, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
import type { Look } from "./axes";
import { heightOf, optionOf } from "./options";
import type { Spec } from "./spec";

use([
  BarChart,
  CanvasRenderer,
  CustomChart,
  GeoComponent,
  GridComponent,
  LabelLayout,
  LegendComponent,
  LineChart,
  MapChart,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
]);

const SERIES = 7;
const NARROW = 480;

export class TradeChart extends HTMLElement {
  private chart: ECharts | null = null;
  private readonly sizes = new ResizeObserver(() => this.fit());
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly redraw = (): void => void this.draw();

  connectedCallback(): void {
    this.dark.addEventListener("change", this.redraw);
    void this.draw().then(() => this.sizes.observe(this));
  }

  disconnectedCallback(): void {
    this.dark.removeEventListener("change", this.redraw);
    this.sizes.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  private async draw(): Promise<void> {
    const spec = this.told();
    if (spec === null || !(await shaped(spec))) return;
    this.setAttribute("drawn", "");
    const height = heightOf(spec);
    if (height !== null) this.style.height = `${height}px`;
    this.chart?.dispose();
    this.chart = init(this, null, { renderer: "canvas" });
    this.chart.setOption(optionOf(spec, lookOf(this)));
    this.chart.on("click", (told) => open(spec, told));
    const table = this.parentElement?.querySelector("details.data");
    if (table instanceof HTMLDetailsElement) table.open = false;
  }

  private told(): Spec | null {
    const script = document.getElementById(this.getAttribute("spec") ?? "");
    return script === null ? null : (JSON.parse(script.textContent ?? "null") as Spec | null);
  }

  private fit(): void {
    if (this.clientWidth > 0) this.chart?.resize();
  }
}

/** Whether the shapes of a map are known; they are fetched once a page. A chart that is no map needs none. */
async function shaped(spec: Spec): Promise<boolean> {
  if (spec.kind !== "map") return true;
  if (getMap(spec.shapes)) return true;
  const answer = await fetch(spec.shapes, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) return false;
  const shapes = (await answer.json()) as { features: unknown[] };
  if (shapes.features.length === 0) return false;
  registerMap(spec.shapes, shapes as unknown as Parameters<typeof registerMap>[1]);
  return true;
}

function open(spec: Spec, told: { dataIndex?: number; name?: string }): void {
  const place = spec.kind === "map" ? spec.codes.indexOf(told.name ?? "") : (told.dataIndex ?? -1);
  const link = spec.links[place];
  if (link) location.assign(link);
}

function lookOf(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"),
    quiet: token("quiet"),
    paper: token("paper"),
    line: token("line"),
    shade: token("shade"),
    idle: token("idle"),
    series: Array.from({ length: SERIES }, (_, n) => token(`series-${n + 1}`)),
    quietSeries: token("series-quiet"),
    map: [1, 2, 3, 4, 5].map((n) => token(`map-${n}`)),
    type: token("type"),
    english: document.documentElement.lang.startsWith("en"),
    narrow: element.clientWidth < NARROW,
  };
}

if (!customElements.get("trade-chart")) customElements.define("trade-chart", TradeChart);
