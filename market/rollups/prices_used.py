"""Which prices, classes and tolerances a month was summed with: when they are others, every territory is marked.

Called by the tick and by recompute.py. A price class belongs to the prices of the month's last day, and those
change by an edit of the catalogue, of the classes or of a parameter, and by a day that passes.
"""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from backend import clock, marks
from backend.models import Level, Unit
from market.models import RollupTurn
from market.parameters import PRICE_TOLERANCE
from market.rollups import trade_facts
from market.rollups.frame import counted_on

MARK = "goods"

_DIGEST = f"""
WITH {trade_facts.GOODS.strip()}
SELECT md5(coalesce((SELECT string_agg(good::text, ';' ORDER BY product_id) FROM good), '') || '/' || coalesce((
    SELECT string_agg(unit_id || ':' || value::text, ';' ORDER BY unit_id) FROM backend_parameter
    WHERE key = %(tolerance)s AND during @> %(last)s::date), ''))
"""  # noqa: S608 - constants only


def digest(day: date) -> str:
    """What the products cost on a day, their brands, classes and bands, and the tolerances in force. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, {"last": day, "tolerance": PRICE_TOLERANCE})
        return str(cursor.fetchone()[0])


def follow() -> int:
    """The tick: every territory is marked for the running month, or the one before, where these were summed with other
    prices than those of their last day. Returns the months marked; two queries where there are none."""
    running = clock.month_of(clock.today())
    months = (clock.add_months(running, -1), running)
    stale = [turn for turn in RollupTurn.objects.filter(month__in=months) if turn.goods != digest(turn.counted_on)]
    for turn in stale:
        with transaction.atomic():
            territories = Unit.objects.filter(level=Level.TERRITORY).values_list("pk", flat=True)
            marks.mark(MARK, [(unit, turn.month) for unit in territories])
            RollupTurn.objects.filter(pk=turn.pk).update(goods=digest(counted_on(turn.month)))
    return len(stale)
