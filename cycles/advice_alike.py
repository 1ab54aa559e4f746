"""Advice sheets that say nearly the same: told to the account manager first, and to others when she had her time.

Asked by advice_api.py. Nothing is stored: which sheets are alike, and since when, follows from what is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock, parameters
from backend.parameters import Declared, declare
from cycles.calendar import WorkingCalendar
from cycles.queries import working_calendar

ALIKE_PERCENT = "advice.alike_percent"
HEAD_START_DAYS = "advice.head_start_days"

declare(
    Declared(
        ALIKE_PERCENT, float, 95.0, "指导单视为雷同的文字比例(%)", "advice sheets alike from, % of the text", "ours"
    ),
    Declared(HEAD_START_DAYS, int, 2, "雷同先告知本人的工作日数", "working days told to the author alone", "ours"),
)

# pg_trgm knows no trigrams of Chinese under the C.UTF-8 locale, so its measure is computed here: three characters in a
# row, shared over all. Equal texts are compared once; texts of very different length are not compared at all.
_ALIKE = """
WITH sheet AS MATERIALIZED (
    SELECT s.id, s.territory_id, s.written_at, regexp_replace(s.words, '[[:space:]]+', '', 'g') AS words, k.share
    FROM cycles_advicesheet s JOIN unnest(%(territories)s::bigint[], %(shares)s::float8[]) AS k(territory_id, share)
        ON k.territory_id = s.territory_id
    WHERE s.month = %(month)s AND s.words <> ''),
said AS MATERIALIZED (
    SELECT territory_id, share, words, row_number() OVER (ORDER BY territory_id, words) AS no
    FROM sheet GROUP BY territory_id, share, words),
gram AS MATERIALIZED (
    SELECT DISTINCT no, territory_id, substr('  ' || words || ' ', g, 3) AS gram
    FROM said, generate_series(1, length(words) + 1) g),
size AS MATERIALIZED (SELECT no, count(*) AS grams FROM gram GROUP BY no),
pair AS (
    SELECT a.no, b.no AS other FROM gram a JOIN gram b ON b.territory_id = a.territory_id AND b.gram = a.gram
        AND b.no > a.no
    JOIN size x ON x.no = a.no JOIN size y ON y.no = b.no JOIN said s ON s.no = a.no
    WHERE least(x.grams, y.grams) >= s.share * greatest(x.grams, y.grams)
    GROUP BY a.no, b.no, x.grams, y.grams, s.share
    HAVING count(*) >= s.share * (x.grams + y.grams - count(*))),
near AS (
    SELECT no, other FROM pair UNION ALL SELECT other, no FROM pair UNION ALL SELECT no, no FROM said)
SELECT a.territory_id, a.id, count(*), min(greatest(a.written_at, b.written_at))
FROM sheet a JOIN said p ON p.territory_id = a.territory_id AND p.words = a.words
JOIN near n ON n.no = p.no JOIN said q ON q.no = n.other
JOIN sheet b ON b.territory_id = q.territory_id AND b.words = q.words AND b.id <> a.id
GROUP BY a.territory_id, a.id ORDER BY a.territory_id, a.id
"""


@dataclass(frozen=True)
class Alike:
    """Sheets of a territory's month of which each says nearly what another says."""

    territory_id: int
    sheets: tuple[UUID, ...]
    since: datetime  # when the first two of them became alike
    told_to_all: bool  # False: so far to their author alone


def alike(month: date, territories: Sequence[int]) -> list[Alike]:
    """The sheets that are alike, by territory; a territory without any is missing. Others than the author are told of
    them from the working day after her head start on. Three queries for any number of sheets."""
    held = parameters.values([ALIKE_PERCENT, HEAD_START_DAYS], territories, clock.today())
    values: dict[str, Any] = {
        "month": month,
        "territories": list(territories),
        "shares": [held[one][ALIKE_PERCENT] / 100 for one in territories],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, values)
        rows = cursor.fetchall()
    found: dict[int, list[tuple[UUID, datetime]]] = {}
    for territory, sheet, _, since in rows:
        found.setdefault(territory, []).append((sheet, since))
    calendar = working_calendar()
    return [_told(territory, sheets, held[territory], calendar) for territory, sheets in found.items()]


def _told(
    territory: int, sheets: list[tuple[UUID, datetime]], held: Mapping[str, Any], calendar: WorkingCalendar
) -> Alike:
    since = min(moment for _, moment in sheets)
    last = head_start_ends(clock.business_date(since), held[HEAD_START_DAYS], calendar)
    return Alike(territory, tuple(sheet for sheet, _ in sheets), since, clock.today() > last)


def head_start_ends(since: date, days: int, calendar: WorkingCalendar) -> date:
    """The last day on which only the author is told: so many working days after the day they became alike. Pure."""
    return calendar.nth_from(since + timedelta(days=1), days) if days > 0 else since
