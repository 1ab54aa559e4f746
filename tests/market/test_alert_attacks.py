"""Alerts reach only those whose post lets them read the figure, at the moment they are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock
from backend.models import MailChoice, MailLine, Notice, Position
from market.alerts import telling
from market.models import Alert, AlertRule, AlertTold
from market.orders import loading
from market.orders.loading import OrderLineRow
from market.rollups import recompute
from tests.cast import SINCE, Cast
from tests.market.facts import visit
from tests.market.test_alerts import RULES, post, rule, watch

FRIDAY_NIGHT = datetime(2026, 3, 20, 21, 0, tzinfo=clock.BUSINESS_ZONE)
MONDAY = datetime(2026, 3, 23, 8, 5, tzinfo=clock.BUSINESS_ZONE)


def told_to_chen(cast: Cast) -> int:
    return Notice.objects.filter(person=cast.chen, kind__startswith="alert").count()


def lose_post(cast: Cast, on: date) -> None:
    Position.objects.filter(person=cast.chen).update(during=DateRange(SINCE, on))


def test_who_lost_the_post_in_the_quiet_hours_is_told_nothing(cast: Cast, as_zhao: APIClient) -> None:
    MailChoice.objects.create(person=cast.chen, address="chen@example.cn", wanted="each")
    with clock.at(FRIDAY_NIGHT):
        assert post(as_zhao, RULES, rule(cast)).status_code == 201
        watch()
    assert AlertTold.objects.filter(person=cast.chen, told_at=None, dropped=False).exists()
    lose_post(cast, date(2026, 3, 21))
    with clock.at(MONDAY):
        telling.follow()
    assert (told_to_chen(cast), MailLine.objects.filter(person=cast.chen).count()) == (0, 0)
    assert not AlertTold.objects.filter(person=cast.chen, dropped=False).exists()


def test_who_lost_the_post_does_not_hear_that_it_is_over(cast: Cast, as_zhao: APIClient, as_chen: APIClient) -> None:
    post(as_zhao, RULES, rule(cast))
    watch()
    before = told_to_chen(cast)
    assert before > 0
    for shop in cast.shops:
        visit(shop, cast.territory, cast.lin, date(2026, 3, 16))
    lose_post(cast, date(2026, 3, 17))
    with clock.at(clock.now() + timedelta(days=1)):
        watch()
        telling.follow()
    assert told_to_chen(cast) == before


@pytest.mark.parametrize("role", ["logistics", "data_steward", "service_desk", "auditor"])
def test_a_post_that_may_not_read_boards_is_not_told_their_figures(cast: Cast, as_zhao: APIClient, role: str) -> None:
    refused = post(as_zhao, RULES, rule(cast, owner_role=role))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/owner_role")
    assert AlertRule.objects.count() == 0


def test_a_rule_whose_figure_cannot_be_kept_stops_no_other(cast: Cast, as_zhao: APIClient) -> None:
    absurd = rule(cast, name="甲", kpi="sales_amount", compared="month", below=None, above="1")
    assert [post(as_zhao, RULES, one).status_code for one in (absurd, rule(cast))] == [201, 201]
    march = (f"X{n}" for n in range(110))
    rows = [OrderLineRow(no, cast.shops[0].code, date(2026, 3, 4), "P1", None, None, 1, 10**10) for no in march]
    first = OrderLineRow("Y", cast.shops[0].code, date(2026, 2, 4), "P1", None, None, 1, 1)
    loading.load_orders([first, *rows])  # from one fen to eleven milliard yuan: over 10^14 percent
    recompute.rebuild(date(2026, 2, 1))
    watch()
    assert set(Alert.objects.values_list("rule__kpi", flat=True)) == {"visit_coverage_rate"}
    assert watch() == 0
    assert not AlertRule.objects.filter(looked_at=None).exists()


def test_a_rule_above_is_tried_on_ones_own_units_alone(cast: Cast, as_zhao: APIClient, as_wu: APIClient) -> None:
    made = post(as_zhao, RULES, rule(cast, unit=cast.prefecture.pk)).json()["id"]
    watch()
    newest = [client.get(f"{RULES}/{made}/tried").json()["results"][0] for client in (as_zhao, as_wu)]
    assert [(one["crossed"], one["told"]) for one in newest] == [(2, 2), (1, 1)]
