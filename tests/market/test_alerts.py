"""Alerts: a line crossed opens one, told to its owner with the reason, then again and upward, never in quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from backend import clock, notices, workdays
from backend.kpis import kpi
from backend.models import Level, Notice, Unit
from market.alerts import telling, watching
from market.alerts.line import Line, measured, month_watched, when_to_tell
from market.figures.formulas import Figure
from market.models import Alert, AlertRule, AlertTold
from market.rollups import recompute
from tests.cast import NOW, Cast, SignIn
from tests.examples import examples
from tests.market.facts import visit

MARCH = date(2026, 3, 1)
RULES, ALERTS = "/api/v1/alert-rules", "/api/v1/alerts"


def rule(cast: Cast, **more: Any) -> dict[str, Any]:
    """Coverage below 90 % in any territory of the county, told to its market manager."""
    return {
        "unit": cast.county.pk,
        "level": 5,
        "name": "走访覆盖率低",
        "name_en": "low coverage",
        "kpi": "visit_coverage_rate",
        "below": "90",
        "owner_role": "market_manager",
        **more,
    }


def post(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))


def watch() -> int:
    """What the tick does, once roll-ups have followed the facts."""
    recompute.rebuild(MARCH)
    changed = watching.watch()
    telling.follow()
    return changed


def told(client: APIClient) -> list[str]:
    return [one["text"] for one in client.get("/api/v1/notices").json()["results"] if one["kind"].startswith("alert")]


def of_lin(cast: Cast) -> Alert:
    return Alert.objects.get(unit=cast.territory)


def later(**ahead: float) -> datetime:
    return NOW + timedelta(**ahead)


def test_a_line_crossed_is_told_once_with_figure_line_and_why(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient
) -> None:
    visit(cast.shops[0], cast.territory, cast.people["lin"], date(2026, 3, 9))
    made = post(as_zhao, RULES, rule(cast))
    assert made.status_code == 201, made.content
    assert made.json()["line_text"] == "低于 90 %"
    watch()
    [words] = [text for text in told(as_chen) if cast.territory.name in text]
    assert words == (
        f"2026-03 {cast.territory.name} 走访覆盖率 33.3 %，低于 90 %（预警规则“走访覆盖率低”）。"
        f"您是{cast.office.name}的市场经理，故告知。"
    )
    assert watch() == 0  # nothing new, nobody told again
    assert len([text for text in told(as_chen) if cast.territory.name in text]) == 1
    found = as_chen.get(f"{ALERTS}/{of_lin(cast).pk}").json()
    assert (found["state"], found["value"], found["line"], found["month"]) == ("open", "33.3000", "90.0000", "2026-03")
    assert [(one["why"], one["role_name"], one["place_name"]) for one in found["told"]] == [
        ("owner", "市场经理", cast.office.name)
    ]


def test_an_alert_closes_by_itself_when_the_figure_is_back_and_says_so(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient
) -> None:
    post(as_zhao, RULES, rule(cast))
    watch()
    for shop in cast.shops:
        visit(shop, cast.territory, cast.people["lin"], date(2026, 3, 16))
    with clock.at(later(minutes=5)):
        watch()
    held = of_lin(cast)
    assert (held.state, held.closed_why, held.worst) == ("closed", "returned", Decimal(0))
    with clock.at(later(minutes=6)):
        telling.follow()
    assert any(text.startswith("已恢复") and cast.territory.name in text for text in told(as_chen))


def test_in_quiet_hours_it_waits_for_the_next_working_morning(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient
) -> None:
    friday_night = datetime(2026, 3, 20, 21, 0, tzinfo=clock.BUSINESS_ZONE)
    with clock.at(friday_night):
        post(as_zhao, RULES, rule(cast))
        watch()
        assert told(as_chen) == []
        assert AlertTold.objects.filter(alert=of_lin(cast)).get().due_at == datetime(2026, 3, 23, 0, 0, tzinfo=UTC)
    with clock.at(friday_night + timedelta(days=2)):  # Sunday
        telling.follow()
        assert told(as_chen) == []
    with clock.at(datetime(2026, 3, 23, 8, 1, tzinfo=clock.BUSINESS_ZONE)):
        telling.follow()
        assert len(told(as_chen)) == Alert.objects.filter(unit__parent=cast.office).count()


def test_what_was_over_before_the_quiet_hours_ended_is_told_to_nobody(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient
) -> None:
    night = datetime(2026, 3, 16, 22, 0, tzinfo=clock.BUSINESS_ZONE)
    with clock.at(night):
        post(as_zhao, RULES, rule(cast))
        watch()
        for shop in cast.shops:
            visit(shop, cast.territory, cast.people["lin"], date(2026, 3, 16))
    with clock.at(night + timedelta(minutes=30)):
        watch()
    with clock.at(night + timedelta(hours=11)):
        telling.follow()
    assert [text for text in told(as_chen) if cast.territory.name in text] == []
    assert AlertTold.objects.get(alert=of_lin(cast)).dropped


def test_nobody_acknowledges_so_it_goes_upward_one_post_at_a_time(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient, sign_in: SignIn
) -> None:
    post(as_zhao, RULES, rule(cast, escalate_days=2, remind_days=0))
    watch()
    with clock.at(later(days=2)):  # Wednesday
        telling.follow()
        first = [text for text in told(sign_in("he")) if cast.territory.name in text]
        assert first[0].startswith("下级尚未确认：")
        assert first[0].endswith(f"您是{cast.county.name}的县级负责人，故告知。")
        assert not any(cast.territory.name in text for text in told(as_zhao))
    with clock.at(later(days=4)):  # Friday
        telling.follow()
        assert any(cast.territory.name in text for text in told(as_zhao))
    with clock.at(later(days=30)):
        telling.follow()
    assert AlertTold.objects.filter(alert=of_lin(cast), why="escalation").count() == 2


def test_acknowledged_is_told_neither_again_nor_upward(cast: Cast, as_zhao: APIClient, as_chen: APIClient) -> None:
    post(as_zhao, RULES, rule(cast, escalate_days=1, remind_days=1))
    watch()
    path = f"{ALERTS}/{of_lin(cast).pk}"
    done = post(as_chen, f"{path}/acknowledge", {"words": "本周补访"})
    assert (done.status_code, done.json()["state"], done.json()["words"]) == (200, "acknowledged", "本周补访")
    assert post(as_chen, f"{path}/acknowledge", {"words": "再说一次"}).status_code == 409
    with clock.at(later(days=9)):
        telling.follow()
    assert AlertTold.objects.filter(alert=of_lin(cast)).count() == 1


def test_it_is_told_again_after_the_days_of_the_rule_and_not_while_muted(
    cast: Cast, as_zhao: APIClient, as_chen: APIClient
) -> None:
    post(as_zhao, RULES, rule(cast, escalate_days=0, remind_days=7))
    watch()
    path = f"{ALERTS}/{of_lin(cast).pk}"
    assert post(as_chen, f"{path}/mute", {"until": "2026-03-24", "words": "等新人到岗"}).status_code == 200
    for days in (7, 8):
        with clock.at(later(days=days)):
            telling.follow()
    assert AlertTold.objects.filter(alert=of_lin(cast), why="reminder").count() == 0
    with clock.at(later(days=9)):
        telling.follow()
    assert AlertTold.objects.get(alert=of_lin(cast), why="reminder").told_at is not None


def test_a_day_that_has_passed_or_lies_far_ahead_mutes_nothing(cast: Cast, as_zhao: APIClient) -> None:
    post(as_zhao, RULES, rule(cast))
    watch()
    for until in ("2026-03-15", "2026-06-30"):
        refused = post(as_zhao, f"{ALERTS}/{of_lin(cast).pk}/mute", {"until": until, "words": "以后再说"})
        assert refused.status_code == 400
    assert of_lin(cast).muted_until is None


def test_who_was_not_told_and_edits_no_rules_may_look_and_not_speak(
    cast: Cast, as_zhao: APIClient, as_lin: APIClient, as_wu: APIClient
) -> None:
    post(as_zhao, RULES, rule(cast))
    watch()
    path = f"{ALERTS}/{of_lin(cast).pk}"
    assert as_lin.get(path).status_code == 200
    assert post(as_lin, f"{path}/acknowledge", {"words": "好"}).status_code == 403
    assert as_wu.get(path).status_code == 404
    assert post(as_wu, f"{path}/acknowledge", {"words": "好"}).status_code == 404
    assert of_lin(cast).state == "open"


def test_a_rule_switched_off_closes_what_is_open(cast: Cast, as_zhao: APIClient) -> None:
    made = post(as_zhao, RULES, rule(cast))
    watch()
    answer = as_zhao.patch(
        f"{RULES}/{made.json()['id']}", {"is_on": False}, format="json", HTTP_IF_MATCH=made.headers["ETag"]
    )
    assert answer.status_code == 200, answer.content
    assert set(Alert.objects.values_list("state", "closed_why")) == {("closed", "rule_off")}
    assert watch() == 0


def test_a_line_moved_is_looked_at_with_the_next_tick(cast: Cast, as_zhao: APIClient) -> None:
    visit(cast.shops[0], cast.territory, cast.people["lin"], date(2026, 3, 9))
    made = post(as_zhao, RULES, rule(cast))
    watch()
    as_zhao.patch(f"{RULES}/{made.json()['id']}", {"below": "30"}, format="json", HTTP_IF_MATCH=made.headers["ETag"])
    watch()
    assert of_lin(cast).closed_why == "returned"


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [
        ({"kpi": "nothing_known"}, "/kpi"),
        ({"kpi": "visit_coverage_rate", "subject": "brand:1"}, "/kpi"),
        ({"subject": "brand:x"}, "/subject"),
        ({"segment": "tier:3", "kpi": "sell_through_rate"}, "/segment"),
        ({"level": 2}, "/level"),
        ({"above": "95"}, "/below"),
        ({"below": None}, "/below"),
        ({"quiet_from": "06:00:00"}, "/quiet_until"),
        ({"from_day": 29}, "/from_day"),
        ({"margin": "-1"}, "/margin"),
        ({"owner_role": "nobody"}, "/owner_role"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(
    cast: Cast, as_zhao: APIClient, fault: dict[str, Any], pointer: str
) -> None:
    refused = post(as_zhao, RULES, rule(cast, **fault))
    assert refused.status_code == 400, refused.content
    assert pointer in [one["pointer"] for one in refused.json()["errors"]]
    assert not AlertRule.objects.exists()


def test_a_rule_for_another_county_is_refused_as_if_it_did_not_exist(cast: Cast, sign_in: SignIn) -> None:
    foreign = post(sign_in("he"), RULES, rule(cast, unit=cast.other_county.pk))
    absent = post(sign_in("he"), RULES, rule(cast, unit=987_654_321))
    assert (foreign.status_code, foreign.json()["errors"]) == (absent.status_code, absent.json()["errors"])


def test_a_rule_tells_how_often_it_would_have_spoken_before_anybody_is_told(cast: Cast, as_zhao: APIClient) -> None:
    made = post(as_zhao, RULES, rule(cast, is_on=False))
    recompute.rebuild(MARCH)
    tried = as_zhao.get(f"{RULES}/{made.json()['id']}/tried").json()["results"]
    assert [one["month"] for one in tried] == [f"{clock.add_months(MARCH, -n):%Y-%m}" for n in range(12)]
    assert tried[0]["crossed"] == tried[0]["told"] > 0  # nobody has visited anybody
    assert (tried[1]["crossed"], tried[1]["told"]) == (0, 0)  # nothing is known of February
    assert (Alert.objects.count(), Notice.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("begins", "ends", "months"),
    [
        (date(2026, 2, 1), date(2026, 3, 1), [2]),
        (date(2026, 2, 28), date(2026, 3, 2), [2, 3]),
        (date(2026, 1, 31), date(2026, 2, 1), [1]),
        (date(2026, 3, 31), None, [3]),
        (None, date(2026, 2, 2), [1, 2]),
        (date(2026, 2, 1), date(2026, 2, 1), []),
    ],
)
def test_a_unit_is_watched_in_the_months_in_which_it_was_in_force_on_a_day(
    cast: Cast, begins: date | None, ends: date | None, months: list[int]
) -> None:
    Unit.objects.filter(pk=cast.next_territory.pk).update(during=DateRange(begins, ends))
    made = AlertRule(unit=cast.county, level=Level.TERRITORY)
    watched = watching.watched(made, [date(2026, number, 1) for number in (1, 2, 3)])
    assert [at.month for at, units in watched.items() if cast.next_territory.pk in units] == months
    assert all(cast.territory.pk in units for units in watched.values())


def test_rules_that_ship_can_be_adopted_once(cast: Cast, as_zhao: APIClient) -> None:
    codes = [one["code"] for one in as_zhao.get(f"{RULES}/shipped").json()["results"]]
    for code in codes:
        made = post(as_zhao, f"{RULES}/adopt", {"unit": cast.prefecture.pk, "code": code})
        assert made.status_code == 201, made.content
    assert post(as_zhao, f"{RULES}/adopt", {"unit": cast.prefecture.pk, "code": codes[0]}).status_code == 409
    assert AlertRule.objects.count() == len(codes)
    watch()  # each can be asked of the cast's month


def test_before_its_day_of_the_month_a_rule_watches_the_month_before() -> None:
    assert month_watched(date(2026, 3, 9), 10) == date(2026, 2, 1)
    assert month_watched(date(2026, 3, 10), 10) == MARCH


def test_what_a_rule_compares() -> None:
    figure = Figure(kpi("sales"), 80, 100, 160, 90)
    assert measured(figure, "value") == 80
    assert measured(figure, "month") == Decimal("-20.0")
    assert measured(figure, "year") == Decimal("-50.0")
    assert measured(figure, "target") == -10
    assert measured(Figure(kpi("sales"), 80), "month") is None


NUMBERS = st.decimals(-1000, 1000, places=2)


@given(NUMBERS, st.decimals(0, 50, places=2), st.lists(NUMBERS, max_size=30), st.booleans())
@settings(max_examples=examples(30, thorough=200), deadline=None)
def test_an_alert_neither_flaps_within_its_margin_nor_misses_a_crossing(
    at: Decimal, margin: Decimal, moves: list[Decimal], is_below: bool
) -> None:
    line = Line(at, None, margin) if is_below else Line(None, at, margin)
    is_open = False
    for value in moves:
        assert not (line.is_crossed(value) and line.is_back(value))
        was = is_open
        is_open = not line.is_back(value) if is_open else line.is_crossed(value)
        if line.is_crossed(value):
            assert is_open
        if was and not is_open:  # closed: by the margin on the right side
            assert (value - at if is_below else at - value) >= margin


@given(st.integers(0, 480_000))
@settings(max_examples=examples(30, thorough=200), deadline=None)
@pytest.mark.django_db
def test_nobody_is_told_in_quiet_hours_or_on_a_day_off(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=clock.BUSINESS_ZONE) + timedelta(minutes=minutes)
    calendar = workdays.calendar()
    due = when_to_tell(now, (time(19), time(8)), calendar).astimezone(clock.BUSINESS_ZONE)
    assert due >= now
    assert time(8) <= due.time() < time(19)
    assert calendar.nth_from(due.date(), 1) == due.date()
    assert due == now or due.time() == time(8)


NAMED = ("month", "unit", "kpi", "value", "compared", "line", "rule", "place", "post")


def test_every_reason_has_its_words() -> None:
    named = {name: "x" for one in NAMED for name in (one, f"{one}_en")}
    for why in AlertTold.Why.values:
        assert set(notices.words(f"alert_{why}", named)) == {"zh-hans", "en"}
