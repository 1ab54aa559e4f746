"""The two gates: who sees what today, and who may write about which day."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from backend.models import AuditEntry, Person, Position, Unit
from backend.scope import Actor, actor_of, visible_to, writable
from retail.models import Assignment, Retailer
from tests.cast import SINCE, TODAY, Cast, make_shop


def codes(actor: Actor) -> set[str]:
    return set(visible_to(Retailer.objects.all(), actor).values_list("code", flat=True))


def test_each_sees_the_shops_of_today(cast: Cast) -> None:
    lin = {shop.code for shop in cast.shops}
    wu = {shop.code for shop in cast.wu_shops}
    assert codes(cast.actor("lin")) == lin
    assert codes(cast.actor("chen")) == lin
    assert codes(cast.actor("wu")) == wu
    assert codes(cast.actor("he")) == lin
    assert codes(cast.actor("zhao")) == lin | wu
    assert codes(cast.actor("shen")) == set()  # an auditor reads the audit, not the shops


def test_a_shop_without_territory_is_seen_from_the_county_up(cast: Cast) -> None:
    stray = make_shop(cast.territory, 900, assigned=False)
    assert stray.code not in codes(cast.actor("lin")) | codes(cast.actor("chen"))
    assert stray.code in codes(cast.actor("he")) & codes(cast.actor("zhao"))


def test_a_transferred_shop_leaves_the_old_owner_the_same_day(cast: Cast) -> None:
    shop = cast.shops[0]
    Assignment.objects.filter(retailer=shop).update(during=DateRange(SINCE, TODAY))
    Assignment.objects.create(retailer=shop, territory=cast.next_territory, during=DateRange(TODAY, None))
    assert shop.code not in codes(cast.actor("lin"))
    assert shop.code in codes(cast.actor("ma"))


def test_an_ended_position_opens_nothing(cast: Cast) -> None:
    Position.objects.filter(person=cast.lin).update(during=DateRange(SINCE, TODAY))
    assert actor_of(cast.lin).held == ()
    assert codes(cast.actor("lin")) == set()


def test_writing_asks_about_the_day_of_the_fact(cast: Cast) -> None:
    shop, yesterday = cast.shops[0], date(2026, 3, 15)
    Assignment.objects.filter(retailer=shop).update(during=DateRange(SINCE, TODAY))
    Assignment.objects.create(retailer=shop, territory=cast.next_territory, during=DateRange(TODAY, None))
    pairs = [(shop.pk, yesterday), (shop.pk, TODAY)]

    lin = writable(cast.actor("lin"), "visits.record", pairs)
    ma = writable(cast.actor("ma"), "visits.record", pairs)

    assert {key: stamp.territory_id for key, stamp in lin.items()} == {(shop.pk, yesterday): cast.territory.pk}
    assert {key: stamp.territory_id for key, stamp in ma.items()} == {(shop.pk, TODAY): cast.next_territory.pk}
    assert lin[(shop.pk, yesterday)].county_id == cast.county.pk
    assert lin[(shop.pk, yesterday)].prefecture_id == cast.prefecture.pk


def test_a_leader_reads_but_does_not_record(cast: Cast) -> None:
    assert writable(cast.actor("zhao"), "visits.record", [(cast.shops[0].pk, TODAY)]) == {}
    assert writable(cast.actor("wu"), "visits.record", [(cast.shops[0].pk, TODAY)]) == {}


def test_people_and_units_are_narrowed_too(cast: Cast) -> None:
    people = set(visible_to(Person.objects.all(), cast.actor("chen")).values_list("username", flat=True))
    assert people == {"lin", "ma", "chen"}
    units = set(visible_to(Unit.objects.all(), cast.actor("lin")).values_list("code", flat=True))
    assert units == {"CN", "42", "4202", "420222", "420222-01", "420222-01-01"}


@pytest.mark.parametrize("change", [{"parent": "other_county"}, {"level": 5}])
def test_a_unit_never_moves(cast: Cast, change: dict[str, str | int]) -> None:
    values = {key: getattr(cast, value) if isinstance(value, str) else value for key, value in change.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(pk=cast.office.pk).update(**values)
    cast.office.refresh_from_db()
    assert (cast.office.parent_id, cast.office.level) == (cast.county.pk, 4)


def test_the_audit_is_only_ever_added_to(cast: Cast) -> None:
    from backend import audit

    entry = audit.record(cast.actor("sun"), "unit.open", cast.office, after={"name": "x"}, unit_id=cast.county.pk)
    for act in (lambda: AuditEntry.objects.update(act="y"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    entry.refresh_from_db()
    assert (entry.act, entry.after) == ("unit.open", {"name": "x"})
    assert list(visible_to(AuditEntry.objects.all(), cast.actor("shen"))) == [entry]
    assert list(visible_to(AuditEntry.objects.all(), cast.actor("zhao"))) == []
