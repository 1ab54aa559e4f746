/** The script of every board page: htmx for parts that fetch themselves, and charts; pages work without it. */

import htmx from "htmx.org";
import "./keyed";

// The content policy allows neither styles nor code in the page, and parts come from this site alone.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // figures are never kept in the browser

/** Charts are fetched only where there is one. */
function drawCharts(): void {
  if (document.querySelector("trade-chart")) void import("./chart");
}

/** On a narrow screen the rows of areas and pages are wider than it: where the reader is, is brought into sight. */
function showWhere(): void {
  for (const row of document.querySelectorAll<HTMLElement>("nav.areas, nav.tabs")) {
    const here = row.querySelector<HTMLElement>("[aria-current]");
    if (here !== null) row.scrollLeft = here.offsetLeft - row.offsetLeft - 16;
  }
}

showWhere();
drawCharts();
document.addEventListener("htmx:load", drawCharts);
