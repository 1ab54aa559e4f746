"""Which items are about one thing: same kind, product and county, within 14 days, places and words alike.

Called by follow.py for what is new or says something else. PostgreSQL knows no trigram of Chinese here
(docs/decisions/0019-search-by-pairs-of-characters.md), so words are compared by pairs of characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend import clock, parameters
from backend.ids import uuid7
from market.parameters import ALIKE_PERCENT

DAYS = 14  # from the first of a group to the last

_COUNTIES = "SELECT DISTINCT county_id FROM market_intelligenceitem WHERE id = ANY(%s::uuid[])"
# Shared pairs over all pairs (Jaccard), blanks and punctuation aside. Two lines without words are alike: what was
# looked at of a product is told by its kind. What is restricted is never put together with what is not.
_ALIKE = """
WITH limits AS (SELECT * FROM unnest(%(counties)s::bigint[], %(shares)s::float8[]) AS k(county_id, share)),
near AS MATERIALIZED (
    SELECT a.id, b.id AS other, k.share FROM market_intelligenceitem a
    JOIN limits k ON k.county_id = a.county_id
    JOIN market_intelligenceitem b ON b.county_id = a.county_id AND b.kind = a.kind AND b.id <> a.id
        AND b.on_date BETWEEN a.on_date - %(span)s AND a.on_date + %(span)s
        AND b.is_restricted = a.is_restricted AND b.product_id IS NOT DISTINCT FROM a.product_id
        AND b.state <> 'withdrawn'
        AND (a.place = '' OR b.place = '' OR position(a.place IN b.place) > 0 OR position(b.place IN a.place) > 0)
    WHERE a.id = ANY(%(items)s::uuid[])),
said AS MATERIALIZED (
    SELECT i.id, ' ' || regexp_replace(i.text, '[[:space:][:punct:],。、;:?!“”‘’()《》…—]+', '', 'g') || ' ' AS words
    FROM market_intelligenceitem i WHERE i.id IN (SELECT id FROM near UNION SELECT other FROM near)),
pair AS MATERIALIZED (
    SELECT DISTINCT id, substr(words, g, 2) AS pair FROM said, generate_series(1, length(words) - 1) g),
size AS MATERIALIZED (SELECT id, count(*) AS pairs FROM pair GROUP BY id),
shared AS (
    SELECT n.id, n.other, n.share, count(q.pair) AS shared FROM near n
    JOIN pair p ON p.id = n.id LEFT JOIN pair q ON q.id = n.other AND q.pair = p.pair GROUP BY n.id, n.other, n.share)
SELECT s.id, s.other, o.on_date, o.group_id, o.group_on
FROM shared s JOIN size x ON x.id = s.id JOIN size y ON y.id = s.other
JOIN market_intelligenceitem o ON o.id = s.other
WHERE s.shared >= s.share * (x.pairs + y.pairs - s.shared)
ORDER BY s.id, o.sent_at, o.id
"""
_ITEMS = """
SELECT id, on_date, group_id, group_on, (SELECT count(*) FROM market_intelligenceitem o WHERE o.group_id = i.group_id)
FROM market_intelligenceitem i WHERE id = ANY(%s::uuid[]) ORDER BY sent_at, id
"""
_WRITE = """
UPDATE market_intelligenceitem i SET group_id = g.group_id, group_on = g.group_on, version = version + 1
FROM unnest(%(items)s::uuid[], %(groups)s::uuid[], %(days)s::date[]) AS g(id, group_id, group_on)
WHERE i.id = g.id AND (i.group_id, i.group_on) IS DISTINCT FROM (g.group_id, g.group_on)
"""


def gather(items: Sequence[UUID]) -> None:
    """Each of these items is in the group of the first that it is like, or in one of its own. In the caller's
    transaction; five queries for any number, none for none."""
    if not items:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNTIES, [list(items)])
        counties = [county for (county,) in cursor.fetchall()]
        limits = parameters.values([ALIKE_PERCENT], counties, clock.today())
        shares = [min(100.0, max(1.0, limits[county][ALIKE_PERCENT])) / 100 for county in counties]
        named: dict[str, Any] = {"items": list(items), "counties": counties, "shares": shares, "span": DAYS}
        cursor.execute(_ALIKE, named)
        alike: dict[UUID, list[tuple[UUID, date, UUID, date]]] = {}
        for item, *other in cursor.fetchall():
            alike.setdefault(item, []).append((other[0], other[1], other[2], other[3]))
        cursor.execute(_ITEMS, [list(items)])
        placed = _placed(cursor.fetchall(), alike)
        columns = zip(*((item, *group) for item, group in placed.items()), strict=True)
        cursor.execute(_WRITE, dict(zip(("items", "groups", "days"), map(list, columns), strict=True)))


def _placed(
    rows: Sequence[tuple[UUID, date, UUID, date, int]], alike: Mapping[UUID, Sequence[tuple[UUID, date, UUID, date]]]
) -> dict[UUID, tuple[UUID, date]]:
    """The group of each item, in the order in which they were sent: an item of this batch may be another's first."""
    placed: dict[UUID, tuple[UUID, date]] = {}
    waiting = {row[0] for row in rows}
    for item, on_date, own, own_on, members in rows:
        waiting.discard(item)
        for other, _, group, group_on in alike.get(item, ()):
            if other in waiting:
                continue
            group, group_on = placed.get(other, (group, group_on))
            if abs((on_date - group_on).days) <= DAYS:
                placed[item] = group, group_on
                break
        else:
            alone = members == 1 and own_on == on_date
            placed[item] = (own if alone else uuid7()), on_date
    return placed
