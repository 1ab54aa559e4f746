"""The charts of the monthly report as SVG of our own: lines, bars, stacked bars; the same picture on page and paper.

Called by cycles/report_words.py. Colours are classes: web/static/boards/report.css gives them on screens, `PRINT` on
paper. Numbers are labelled at the lines and bars themselves; a bar starts at zero; what is unknown leaves a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from cycles.report_parts import Part

WIDTH, PAD, TEXT, ROW = 420, 8, 12, 24
HEIGHT = 188
FLATTEST = Decimal("0.05")  # a line that moves less than this share of its height looks as calm as it is
TOP, BOTTOM, RIGHT = 18, 26, 64
PRINT = (
    "text{{font-family:{font};font-size:12px;fill:#1c2733}}.quiet{{fill:#55616e}}.axis{{stroke:#d5dbe1;stroke-width:1}}"
    ".line{{fill:none;stroke:#0b5cad;stroke-width:2;stroke-linejoin:round}}.dot{{fill:#0b5cad}}.up{{fill:#6f9fd0}}"
    ".down{{fill:#fff;stroke:#1c2733;stroke-width:1}}.k1{{fill:#123f6d}}.k2{{fill:#2f6ba8}}.k3{{fill:#6f9fd0}}"
    ".k4{{fill:#a9c6e6}}.k5{{fill:#d7e5f4}}.k6{{fill:#eceff2}}"
)
Point = tuple[float, float]


def svg(chart: Part, *, english: bool, font: str = "") -> str:
    """The picture. With `font` it stands by itself, for paper; without it takes the page's styles."""
    draw: dict[str, Callable[[Part, bool], tuple[int, list[str]]]] = {
        "lines": _lines, "bars": _bars, "stacked": _stacked,
    }  # fmt: skip
    height, body = draw[chart["kind"]](chart, english)
    title = escape(chart["title_en"] if english else chart["title"])
    style = f"<style>{PRINT.format(font=_css(font))}</style>" if font else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{title}">{style}<title>{title}</title>{"".join(body)}</svg>'
    )


def _css(font: str) -> str:
    """The name of a font, in quotes, as a style sheet takes it."""
    return "'" + font.replace("'", "") + "'"


def short(value: Decimal, *, english: bool) -> str:
    """A number as a label shows it: 12.3万 in Chinese, 1.2m or 12.3k in English; small ones whole or with a decimal."""
    size = abs(value)
    if english and size >= 10_000:
        return f"{value / 1_000_000:,.2f}m" if size >= 1_000_000 else f"{value / 1_000:,.1f}k"
    if not english and size >= 10_000:
        return f"{value / 10_000:,.1f}万"
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.1f}"


def _values(series: Part) -> list[Decimal | None]:
    return [None if one is None else Decimal(one) for one in series["values"]]


def _text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def _axis(y: float, x1: float = PAD, x2: float = WIDTH - RIGHT) -> str:
    return f'<line class="axis" x1="{x1:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y:.1f}"/>'


def _x_labels(labels: Sequence[str], at: Callable[[int], float], english: bool) -> list[str]:
    """Months: the first, every third counted from the end, the year with the ends."""
    last = len(labels) - 1
    shown = {0, *(n for n in range(last, 1, -3))}
    return [
        _text(at(n), HEIGHT - 8, label if n in {0, last} else _month(label, english), kind="quiet",
              anchor="start" if n == 0 else "end" if n == last else "middle")
        for n, label in enumerate(labels) if n in shown
    ]  # fmt: skip


def _month(label: str, english: bool) -> str:
    return label[-2:] if english else f"{int(label[-2:])}月"


def _lines(chart: Part, english: bool) -> tuple[int, list[str]]:
    """One line over time between its lowest and highest value; ends and extremes are labelled."""
    values = _values(chart["series"][0])
    known = [(n, value) for n, value in enumerate(values) if value is not None]
    least, most = min(v for _, v in known), max(v for _, v in known)
    span = max(most - least, abs(most) * FLATTEST) or Decimal(1)
    high = (most + least + span) / 2

    def at(n: int) -> float:
        return PAD + n * (WIDTH - RIGHT - PAD) / max(1, len(values) - 1)

    def place(n: int, value: Decimal) -> Point:
        return at(n), TOP + 10 + float((high - value) / span) * (HEIGHT - TOP - BOTTOM - 30)

    body = [_axis(HEIGHT - BOTTOM), *(_run([place(n, v) for n, v in run]) for run in _runs(values))]
    labelled = {known[-1][0]: "start", **{n: "middle" for n, v in known if v in {least, most} and n != known[-1][0]}}
    done: set[Decimal] = set()
    for n, value in known:
        if n not in labelled or (value in done and n != known[-1][0]):
            continue
        done.add(value)
        x, y = place(n, value)
        body.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        words = short(value, english=english)
        if n == known[-1][0]:
            body.append(_text(x + 7, y + 4, words))
        else:
            anchor = "start" if n == 0 else "middle"
            body.append(_text(x, y - 7 if value == most else y + 16, words, anchor=anchor, kind="quiet"))
    return HEIGHT, [*body, *_x_labels(chart["labels"], at, english)]


def _runs(values: Sequence[Decimal | None]) -> list[list[tuple[int, Decimal]]]:
    """Stretches without a gap."""
    runs: list[list[tuple[int, Decimal]]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((n, value))
    return [run for run in runs if run]


def _run(points: Sequence[Point]) -> str:
    return '<polyline class="line" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>'


def _bars(chart: Part, english: bool) -> tuple[int, list[str]]:
    """One bar for each label from the zero line: to the right what rose, to the left what fell."""
    values = _values(chart["series"][0])
    known = [value for value in values if value is not None]
    low, high = min(Decimal(0), *known), max(Decimal(0), *known)
    left, right = 124 + (44 if low < 0 else 0), WIDTH - 52
    scale = (right - left) / float((high - low) or 1)
    zero = left + float(-low) * scale
    height = len(values) * ROW + 8
    body = [f'<line class="axis" x1="{zero:.1f}" y1="2" x2="{zero:.1f}" y2="{height - 4}"/>']
    for n, (label, value) in enumerate(zip(chart["labels"], values, strict=True)):
        y = n * ROW + 4
        body.append(_text(0, y + 15, _cut(label)))
        if value is None:
            body.append(_text(zero + 6, y + 15, "–", kind="quiet"))
            continue
        width = abs(float(value)) * scale
        x, kind = (zero - width, "down") if value < 0 else (zero, "up")
        body.append(f'<rect class="{kind}" x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 9}"/>')
        words = ("+" if value > 0 else "") + short(value, english=english)
        place, anchor = (x - 5, "end") if value < 0 else (zero + width + 5, "start")
        body.append(_text(place, y + 15, words, anchor=anchor))
    return height, body


SMALLEST = 50  # times in the whole column
LONGEST = 9  # Chinese characters beside a bar


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def _stacked(chart: Part, english: bool) -> tuple[int, list[str]]:
    """A column for each label, the first series at the foot; the series are named beside the last column."""
    series = [(one, [value or Decimal(0) for value in _values(one)]) for one in chart["series"]]
    count = len(chart["labels"])
    totals = [sum(values[n] for _, values in series) for n in range(count)]
    scale = (HEIGHT - TOP - BOTTOM) / float(max(*totals, Decimal(1)))
    step = (WIDTH - RIGHT - PAD) / count
    body: list[str] = []
    tops = [0.0] * count
    names: list[tuple[float, str]] = []
    for number, (one, values) in enumerate(series, 1):
        for n, value in enumerate(values):
            height = float(value) * scale
            y = HEIGHT - BOTTOM - tops[n] - height
            x = PAD + n * step + 1.5
            place = f'x="{x:.1f}" y="{y:.1f}" width="{step - 3:.1f}" height="{height:.1f}"'
            body.append(f'<rect class="k{min(number, 6)}" {place}/>')
            tops[n] += height
        middle = HEIGHT - BOTTOM - tops[-1] + float(values[-1]) * scale / 2
        if values[-1] * SMALLEST >= totals[-1]:  # what is too thin to see needs no name
            names.append((middle, one["name_en"] if english else one["name"]))
    body += [_text(WIDTH - RIGHT + 6, y + 4, name) for y, name in _apart(names)]
    last = short(Decimal(totals[-1]), english=english)
    body.append(_text(WIDTH - RIGHT, HEIGHT - BOTTOM - tops[-1] - 5, last, anchor="end"))

    def at(n: int) -> float:
        return PAD + (0 if n == 0 else n + 1 if n == count - 1 else n + 0.5) * step

    labels = _x_labels(chart["labels"], at, english)
    return HEIGHT, [_axis(HEIGHT - BOTTOM), *body, *labels]


def _apart(names: Sequence[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """Labels from below upward, no two closer than a line of text."""
    placed: list[tuple[float, Any]] = []
    for y, name in names:
        free = y if not placed else min(y, placed[-1][0] - TEXT - 1)
        placed.append((free, name))
    return placed
