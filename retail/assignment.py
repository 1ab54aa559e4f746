"""Verbs on assignment: which territory a shop belongs to from which day; called by api.py and registering.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend import audit, clock, errors, marks, outbox, scope
from backend.audit import Act
from backend.errors import Problem
from backend.models import Level, Unit
from backend.scope import COUNTY, Actor
from retail import news, queries
from retail.models import Retailer

BEGINS = "retail.assignments_begin"
MOST_SHOPS = 2_000

errors.register(
    "backdated",
    409,
    ("不能划转到过去的日期", "A transfer cannot begin in the past"),
    ("已发生的记录归当日的片区，最早从今天起划转。", "What happened belongs to the territory of its day; begin today."),
)


@dataclass(frozen=True)
class Move:
    """Which shops go to which territory from which day on. `from_territory_id`: refuse unless all are there now."""

    retailer_ids: Sequence[UUID]
    to_territory: Unit
    from_date: date
    from_territory_id: int | None = None
    reason: str = ""


def assign(*, actor: Actor, move: Move) -> int:
    """Shops without a territory belong to one from the day on. Returns how many did not before.

    `retail.assign` over the territory and the shops, else `not_found`; `conflict` where a shop is assigned on the day
    or later. The number of queries does not depend on the shops.
    """
    ids = _require(actor, move)
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor, ids)
        cursor.execute(
            "SELECT count(*) FROM retail_assignment WHERE retailer_id = ANY(%s) AND NOT during << daterange(%s, NULL)",
            [ids, move.from_date],
        )
        if cursor.fetchone()[0]:
            raise Problem("conflict")
        _insert(cursor, ids, move)
        _follow(cursor, actor, move, dict.fromkeys(ids))
    return len(ids)


def transfer(*, actor: Actor, move: Move) -> int:
    """From the day on the shops belong to the other territory; the days before keep theirs. Returns how many moved.

    Shops that are there already stay; one whose assignment began on the very day is corrected in place. Records keep
    the territory of their own day. Phones of the old owner drop the shops and those of the new one get them, today or
    on the day. `retail.assign` over both territories, else `not_found`; `backdated`; `conflict` where a shop has no
    territory on the day, has one planned after it, or is not in `from_territory_id`. About 16 queries for any number
    of shops, and two for each territory that is left.
    """
    ids = _require(actor, move)
    if move.from_date < clock.today():
        raise Problem("backdated")
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor, ids)
        held = _held(cursor, ids, move.from_date)
        _check_held(actor, move, ids, held)
        moving = {shop: row for shop, row in held.items() if row.territory_id != move.to_territory.pk}
        same_day = [shop for shop, row in moving.items() if row.since == move.from_date]
        others = [shop for shop in moving if shop not in set(same_day)]
        cursor.execute(
            "UPDATE retail_assignment SET territory_id = %s WHERE retailer_id = ANY(%s) AND lower(during) = %s",
            [move.to_territory.pk, same_day, move.from_date],
        )
        cursor.execute(
            "UPDATE retail_assignment SET during = daterange(lower(during), %s)"
            " WHERE retailer_id = ANY(%s) AND during @> %s::date",
            [move.from_date, others, move.from_date],
        )
        _insert(cursor, others, move)
        _follow(cursor, actor, move, {shop: row.territory_id for shop, row in moving.items()})
    return len(moving)


def plan_arrival(retailer_ids: Iterable[UUID], on: date) -> None:
    """On a day to come phones and counties will follow (`begin`). In the caller's transaction; one query."""
    due = {"on": on.isoformat(), "retailer_ids": [str(shop) for shop in retailer_ids]}
    outbox.put(BEGINS, due, due_at=clock.start_of(on))


def begin(payload: dict[str, Any]) -> None:
    """On the day of a planned move phones and counties follow it; the outbox calls it, twice does no harm."""
    day = date.fromisoformat(payload["on"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT now.retailer_id, past.territory_id, now.territory_id FROM retail_assignment now
            LEFT JOIN retail_assignment past ON past.retailer_id = now.retailer_id AND upper(past.during) = %s
            WHERE now.retailer_id = ANY(%s::uuid[]) AND lower(now.during) = %s""",
            [day, payload["retailer_ids"], day],
        )
        rows = cursor.fetchall()
        _counties(cursor, [row[0] for row in rows])
        _phones(rows)


@dataclass(frozen=True)
class _Held:
    territory_id: int
    since: date
    until: date | None


def _require(actor: Actor, move: Move) -> list[UUID]:
    ids = sorted(set(move.retailer_ids))
    if len(ids) > MOST_SHOPS:
        raise Problem("too_many_items", limit=MOST_SHOPS)
    mine = actor.units("retail.assign")
    reach = scope.units_under(mine).filter(pk=move.to_territory.pk, level=Level.TERRITORY)
    if not mine or not reach.filter(during__contains=move.from_date).exists():
        raise Problem("not_found")
    shops = queries.within(actor, "retail.assign").filter(pk__in=ids)
    if not ids or shops.count() != len(ids):
        raise Problem("not_found")
    return ids


def _lock(cursor: Any, ids: list[UUID]) -> None:
    """Two moves of one shop wait for each other here, always in the order of ids."""
    cursor.execute("SELECT id FROM retail_retailer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])


def _held(cursor: Any, ids: list[UUID], on: date) -> dict[UUID, _Held]:
    cursor.execute(
        "SELECT retailer_id, territory_id, lower(during), upper(during) FROM retail_assignment"
        " WHERE retailer_id = ANY(%s) AND during @> %s::date",
        [ids, on],
    )
    return {shop: _Held(territory, since, until) for shop, territory, since, until in cursor.fetchall()}


def _check_held(actor: Actor, move: Move, ids: list[UUID], held: dict[UUID, _Held]) -> None:
    territories = {row.territory_id for row in held.values()}
    reach = scope.units_under(actor.units("retail.assign"))
    if set(reach.filter(pk__in=territories).values_list("pk", flat=True)) != territories:
        raise Problem("not_found")
    if len(held) != len(ids) or any(row.until is not None for row in held.values()):
        raise Problem("conflict")
    if move.from_territory_id is not None and territories != {move.from_territory_id}:
        raise Problem("conflict")


def _insert(cursor: Any, ids: Iterable[UUID], move: Move) -> None:
    cursor.execute(
        "INSERT INTO retail_assignment (retailer_id, territory_id, during)"
        " SELECT id, %s, daterange(%s, NULL) FROM unnest(%s::uuid[]) AS id",
        [move.to_territory.pk, move.from_date, list(ids)],
    )


def _follow(cursor: Any, actor: Actor, move: Move, before: dict[UUID, int | None]) -> None:
    """Audit, marks for both sides, and phones: at once, or on the day when it lies ahead."""
    if not before:
        return
    act = "retailer.assign" if set(before.values()) == {None} else "retailer.transfer"
    after = {"territory_id": move.to_territory.pk, "from": move.from_date}
    done = [Act(shop, move.to_territory.pk, {"territory_id": old}, after) for shop, old in before.items()]
    audit.record_many(actor, act, Retailer, done, reason=move.reason)
    units = {move.to_territory.pk, *(old for old in before.values() if old is not None)}
    marks.mark("assignments", ((unit, move.from_date) for unit in units))
    if move.from_date > clock.today():
        plan_arrival(before, move.from_date)
        return
    _counties(cursor, list(before))
    _phones([(shop, old, move.to_territory.pk) for shop, old in before.items()])


def _counties(cursor: Any, ids: list[UUID]) -> None:
    """A shop's county is that of today's territory."""
    cursor.execute(
        f"""UPDATE retail_retailer r SET county_id = u.ancestors[{COUNTY + 1}], version = r.version + 1
        FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
        WHERE r.id = ANY(%s) AND a.retailer_id = r.id AND a.during @> %s::date
          AND r.county_id <> u.ancestors[{COUNTY + 1}]""",  # noqa: S608 - a constant of ours
        [ids, clock.today()],
    )


def _phones(moved: Iterable[tuple[UUID, int | None, int]]) -> None:
    left: dict[int, list[UUID]] = defaultdict(list)
    joined: dict[int, list[UUID]] = defaultdict(list)
    for shop, old, new in moved:
        joined[new].append(shop)
        if old is not None:
            left[old].append(shop)
    news.tell_moved(left, joined)
