"""The first step of the method: every rule asked of every subject, its findings kept, those that no longer hold closed.

Called by cycles/stages.py at the opening of a month, once more when the month before has been measured, and each
business day for the rules whose facts are dates. Nothing is remembered between runs: the same facts, day and thresholds
give the same rows, however often and from however many processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction

from backend.ids import UUID7_SQL
from backend.locks import Lock, take
from cycles import bases, building
from cycles.rules.rule import Rule, rules


@dataclass
class Counts:
    """What became of one rule's findings."""

    added: int = 0
    kept: int = 0
    closed: int = 0


@dataclass
class Analyzed:
    """What one analysis came to, per rule asked."""

    rules: dict[str, Counts] = field(default_factory=dict)

    @property
    def total(self) -> Counts:
        every = self.rules.values()
        return Counts(sum(c.added for c in every), sum(c.kept for c in every), sum(c.closed for c in every))


def analyze(
    month: date, as_of: date, prefectures: Sequence[int] | None = None, *, only_every_day: bool = False
) -> Analyzed:
    """The findings of a month say what the facts dated before `as_of` say, in these prefectures (null: everywhere).

    Each rule (with `only_every_day` those that dates drive) is one statement over all its subjects. A finding that
    holds already is kept and grows older; one whose rule was asked and no longer holds, or whose shop is no longer
    ours, is closed as of the day. Each that holds has one sighting of the month, written over by a later analysis.

    In the caller's transaction or its own, under the month's lock. It reads facts and locks none of them: intake goes
    on; what derives cells of the month waits. Statements: two a base (cycles/bases.py), one a rule, and a dozen.
    """
    asked = [rule for rule in rules() if rule.every_day or not only_every_day]
    with transaction.atomic(), connection.cursor() as cursor:
        building.lock_month(month)
        bases.build(_needed(asked), as_of, month, prefectures)
        given = {**bases.values(as_of, month, prefectures), "whole": not only_every_day}
        _ask(cursor, asked, given)
        given |= {"asked": [rule.code for rule in asked], "known": [rule.code for rule in rules()]}
        # Findings belong to no month, so two months of one day must not write them at once. Taken after the months' own
        # locks: who analyzes several months in one transaction locks all of these first, in their order.
        take(Lock.FINDINGS)
        for statement in (
            "DROP TABLE IF EXISTS pg_temp.an_stamped",
            _STAMP,
            "ANALYZE pg_temp.an_stamped",
            _ADD,
            _KEEP,
            _SIGHT,
        ):
            cursor.execute(statement, given)
        cursor.execute(_CLOSE, given)
        closed = dict(cursor.fetchall())
        cursor.execute("SELECT rule, count(*) FILTER (WHERE is_new), count(*) FROM an_stamped GROUP BY rule")
        found = {code: (added, rows - added) for code, added, rows in cursor.fetchall()}
    return Analyzed({code: Counts(*found.get(code, (0, 0)), closed.get(code, 0)) for code in given["asked"]})


def _needed(asked: Sequence[Rule]) -> list[str]:
    return ["an_shop", "an_unit", *dict.fromkeys(base for rule in asked for base in rule.bases)]


def _ask(cursor: Any, asked: Sequence[Rule], given: dict[str, Any]) -> None:
    """The table `an_found` holds what every rule finds."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.an_found")
    cursor.execute(_FOUND)
    # No planner can tell how many subjects a threshold leaves: taking it for one, it would compare all with all.
    cursor.execute("SET LOCAL enable_nestloop = off")
    for rule in asked:
        of_rule = {
            "rule": rule.code,
            "rule_version": rule.version,
            "dimension": str(rule.dimension),
            "severity": rule.severity,
            "is_restricted": rule.restricted,
        }
        cursor.execute(_FIND.format(find=rule.find), {**given, **of_rule})
    cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


_FOUND = """
CREATE TEMP TABLE an_found (rule text, rule_version int, dimension text, severity int, is_restricted boolean,
    retailer_id uuid, unit_id bigint, product_id bigint, figures jsonb, threshold jsonb, evidence jsonb) ON COMMIT DROP
"""
_FIND = """
INSERT INTO an_found SELECT %(rule)s, %(rule_version)s, %(dimension)s, %(severity)s, %(is_restricted)s,
    f.retailer_id, f.unit_id, f.product_id, f.figures, f.threshold, f.evidence FROM ({find}) f
"""
# A subject as values that compare and hash, nulls included.
_SUBJECT = """(coalesce({f}.retailer_id, '00000000-0000-0000-0000-000000000000'), coalesce({f}.unit_id, 0),
    coalesce({f}.product_id, 0))"""
_STAMP = f"""
CREATE TEMP TABLE an_stamped ON COMMIT DROP AS
SELECT f.*, coalesce(s.territory_id, u.ancestors[6]) AS territory_id,
    coalesce(s.county_id, u.ancestors[4]) AS county_id, o.id IS NULL AS is_new,
    coalesce(o.id, {UUID7_SQL}) AS finding_id
FROM an_found f LEFT JOIN an_shop s ON s.retailer_id = f.retailer_id LEFT JOIN backend_unit u ON u.id = f.unit_id
LEFT JOIN cycles_finding o
    ON o.rule = f.rule AND o.closed_on IS NULL AND {_SUBJECT.format(f="o")} = {_SUBJECT.format(f="f")}
"""  # noqa: S608  names of our own
_ADD = """
INSERT INTO cycles_finding (id, rule, dimension, is_restricted, severity, retailer_id, unit_id, product_id,
    territory_id, county_id, opened_on, first_month, last_month)
SELECT finding_id, rule, dimension, is_restricted, severity, retailer_id, unit_id, product_id, territory_id, county_id,
    %(as_of)s, %(month)s, %(month)s
FROM an_stamped WHERE is_new ORDER BY finding_id
"""
# While it is open a finding follows its shop's owner; closed, it stays where it was.
_KEEP = """
UPDATE cycles_finding o SET territory_id = f.territory_id, county_id = f.county_id, severity = f.severity,
    is_restricted = f.is_restricted, first_month = least(o.first_month, %(month)s),
    last_month = greatest(o.last_month, %(month)s)
FROM an_stamped f WHERE o.id = f.finding_id AND NOT f.is_new
AND (o.territory_id, o.county_id, o.severity, o.is_restricted, o.first_month, o.last_month) IS DISTINCT FROM
    (f.territory_id, f.county_id, f.severity, f.is_restricted, least(o.first_month, %(month)s),
     greatest(o.last_month, %(month)s))
"""
_SIGHT = """
INSERT INTO cycles_sighting AS s
    (month, finding_id, rule_version, as_of, severity, threshold, figures, evidence)
SELECT %(month)s, finding_id, rule_version, %(as_of)s, severity, threshold, figures, evidence
FROM an_stamped ORDER BY finding_id
ON CONFLICT (month, finding_id) DO UPDATE SET rule_version = excluded.rule_version, as_of = excluded.as_of,
    severity = excluded.severity, threshold = excluded.threshold, figures = excluded.figures,
    evidence = excluded.evidence
WHERE s.as_of <= excluded.as_of AND (s.rule_version, s.as_of, s.severity, s.threshold, s.figures, s.evidence)
    IS DISTINCT FROM (excluded.rule_version, excluded.as_of, excluded.severity, excluded.threshold, excluded.figures,
        excluded.evidence)
"""
# An analysis of an earlier day closes nothing that was seen first after it. A rule that is gone holds for nobody.
_CLOSE = """
WITH closed AS (
    UPDATE cycles_finding o SET closed_on = %(as_of)s
    FROM backend_unit u
    WHERE o.closed_on IS NULL AND o.opened_on <= %(as_of)s AND u.id = coalesce(o.unit_id, o.county_id)
    AND (o.rule = ANY(%(asked)s) OR (%(whole)s AND NOT o.rule = ANY(%(known)s)))
    AND (%(prefectures)s::bigint[] IS NULL OR u.ancestors[3] = ANY(%(prefectures)s::bigint[]))
    AND NOT EXISTS (SELECT 1 FROM an_stamped f WHERE f.finding_id = o.id)
    RETURNING o.rule)
SELECT rule, count(*) FROM closed GROUP BY rule
"""
