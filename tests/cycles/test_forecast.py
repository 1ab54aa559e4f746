"""The demand model on series made by hand, the drafts it leaves, and a manager's decision over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import chinese_calendar
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from backend import clock
from backend.clock import add_months
from backend.models import AuditEntry
from backend.scope import Actor
from cycles import forecast, forecast_errors, spring
from cycles.models import Forecast, Month, PrefectureMonth
from market.models import Order, ShopProductMonth
from retail.models import Retailer
from tests.cast import Cast, SignIn, make_shop

MARCH = date(2026, 3, 1)
AN_ORDER = 10  # cartons of an ordinary order day

Season = Callable[[date], int]


def flat(_month: date) -> int:
    return 1


def bought(shop: Retailer, month: date, times: int = 1) -> int:
    """Cartons of a shop that orders AN_ORDER on each of its weekdays, by the weights of the days."""
    end, day, total = add_months(month, 1), month, 0.0
    while day < end:
        total += AN_ORDER * spring.day_weight(day) * (day.isoweekday() == shop.order_weekday)
        day += timedelta(days=1)
    return times * round(total)


def sell(cast: Cast, shop: Retailer, months: list[date], season: Season = flat) -> None:
    ShopProductMonth.objects.bulk_create(
        ShopProductMonth(
            month=month,
            retailer=shop,
            product=cast.products[0],
            cartons=bought(shop, month, season(month)),
            amount_fen=100,
        )
        for month in months
        if bought(shop, month, season(month))
    )


def months_before(month: date, count: int) -> list[date]:
    return [add_months(month, -step) for step in range(count, 0, -1)]


def history(cast: Cast, until: date, count: int = 24, season: Season = flat) -> None:
    for shop in (*cast.shops, *cast.wu_shops):
        sell(cast, shop, months_before(until, count), season)


def forecast_of(territory_id: int, month: date) -> Forecast:
    with clock.at(clock.start_of(month)):
        forecast.draft(month)
    return Forecast.objects.get(month=month, unit_id=territory_id)


def expected(shops: list[Retailer], month: date, times: int = 1) -> int:
    return sum(bought(shop, month, times) for shop in shops)


def test_a_steady_territory_is_forecast_by_its_order_days(cast: Cast) -> None:
    history(cast, MARCH)
    row = forecast_of(cast.territory.pk, MARCH)
    assert row.model_cartons == expected(cast.shops, MARCH) == 131
    assert (row.parts["season"], row.parts["trend_percent"], row.parts["week_cartons"]) == (1.0, 0.0, 30.0)


def test_a_month_that_always_doubles_is_forecast_double(cast: Cast) -> None:
    def september(month: date) -> int:
        return 2 if month.month == 9 else 1

    history(cast, date(2026, 9, 1), 24, september)
    row = forecast_of(cast.territory.pk, date(2026, 9, 1))
    assert row.model_cartons == expected(cast.shops, date(2026, 9, 1), 2)
    assert row.parts["season"] == 1.818  # 2 over 1.1, the mean of the ten months that no festival fills


def test_a_season_seen_once_is_half_believed(cast: Cast) -> None:
    def september(month: date) -> int:
        return 4 if month.month == 9 else 1

    history(cast, date(2026, 9, 1), 12, september)
    row = forecast_of(cast.territory.pk, date(2026, 9, 1))
    assert row.model_cartons == expected(cast.shops, date(2026, 9, 1), 2)  # the square root of four


def test_a_festival_that_moves_from_february_to_january_moves_its_weeks(cast: Cast) -> None:
    # 2026-02-17 and 2027-02-06 are known, 2028-01-26 is to come.
    january, february = date(2028, 1, 1), date(2028, 2, 1)
    history(cast, january)
    row = forecast_of(cast.territory.pk, january)
    assert row.model_cartons == expected(cast.shops, january)
    assert row.last_year_cartons == expected(cast.shops, date(2027, 1, 1))
    assert (row.model_cartons, row.last_year_cartons) == (138, 168)
    for shop in (*cast.shops, *cast.wu_shops):
        sell(cast, shop, [january])
    row = forecast_of(cast.territory.pk, february)
    assert row.model_cartons == expected(cast.shops, february) == 113
    assert row.last_year_cartons == expected(cast.shops, date(2027, 2, 1)) == 69


def test_stocking_is_as_strong_as_the_prefecture_has_shown(cast: Cast) -> None:
    """Half of the usual extra in both festivals known: half of it is forecast."""

    def halved(shop: Retailer, month: date) -> int:
        days = spring.order_days(month)[shop.order_weekday or 0]
        return round(AN_ORDER * (days.base + days.uplift / 2))

    january = date(2028, 1, 1)
    for shop in (*cast.shops, *cast.wu_shops):
        ShopProductMonth.objects.bulk_create(
            ShopProductMonth(
                month=month, retailer=shop, product=cast.products[0], cartons=halved(shop, month), amount_fen=1
            )
            for month in months_before(january, 24)
        )
    row = forecast_of(cast.territory.pk, january)
    assert row.parts["stocking"] == 0.5
    assert row.model_cartons == sum(halved(shop, january) for shop in cast.shops)


def test_months_without_any_sale_count_as_nothing_sold_and_break_nothing(cast: Cast) -> None:
    for shop in cast.wu_shops:
        sell(cast, shop, months_before(MARCH, 24))
    lin = months_before(MARCH, 24)
    for shop in cast.shops:
        sell(cast, shop, lin[:-6])
    row = forecast_of(cast.territory.pk, MARCH)
    assert (row.model_cartons, row.last_month_cartons, row.cartons) == (0, None, 0)
    other = Forecast.objects.get(month=MARCH, unit=cast.other_territory)
    assert other.model_cartons == expected(cast.wu_shops, MARCH)


def test_a_prefecture_that_never_sold_anything_has_forecasts_of_nothing(cast: Cast) -> None:
    row = forecast_of(cast.territory.pk, MARCH)
    assert (row.model_cartons, row.last_month_cartons, row.last_year_cartons, row.cartons) == (None, None, None, None)
    assert row.parts == {"months": 0}


def test_a_new_territory_has_no_model_and_is_forecast_as_last_month(cast: Cast) -> None:
    history(cast, MARCH)
    shop = make_shop(cast.next_territory, 50, since=date(2026, 1, 5))
    sell(cast, shop, [date(2026, 1, 1), date(2026, 2, 1)])
    row = forecast_of(cast.next_territory.pk, MARCH)
    assert (row.model_cartons, row.parts) == (None, {"months": 2})
    assert row.cartons == row.last_month_cartons == bought(shop, date(2026, 2, 1))
    sell(cast, shop, [MARCH])
    april = forecast_of(cast.next_territory.pk, date(2026, 4, 1))
    assert april.model_cartons is not None
    assert april.parts["months"] == 3


def test_a_shop_counts_with_the_territory_that_has_it_today(cast: Cast) -> None:
    history(cast, MARCH)
    moved = cast.shops[0]
    held = moved.assignments.get()
    held.territory = cast.other_territory
    held.save(update_fields=["territory"])
    assert forecast_of(cast.territory.pk, MARCH).model_cartons == expected(cast.shops[1:], MARCH)
    other = Forecast.objects.get(month=MARCH, unit=cast.other_territory)
    assert other.model_cartons == expected([*cast.wu_shops, moved], MARCH)


def test_the_running_month_counts_by_the_days_that_have_passed(cast: Cast) -> None:
    """On Monday 16 March the orders of 1 to 15 March are known: two Mondays, two Tuesdays, two Wednesdays."""
    history(cast, MARCH)
    for shop in cast.shops:
        first = MARCH + timedelta(days=(shop.order_weekday or 1))  # 1 March 2026 is a Sunday
        for number in (0, 1):
            Order.objects.create(
                month=MARCH,
                order_no=f"{shop.code}-{number}",
                retailer=shop,
                territory=cast.territory,
                county=cast.county,
                on_date=first + timedelta(days=7 * number),
                cartons=(8, 9)[number],  # the second and third week after the festival's
                amount_fen=1,
            )
    forecast.draft(date(2026, 4, 1))
    row = Forecast.objects.get(month=date(2026, 4, 1), unit=cast.territory)
    assert row.last_month_cartons == round(51 * 31 / 15)
    assert row.model_cartons == expected(cast.shops, date(2026, 4, 1))


def test_drafting_twice_changes_nothing_and_new_facts_change_only_what_nobody_decided(cast: Cast) -> None:
    history(cast, MARCH)
    assert forecast.draft(MARCH) == 2
    before = list(Forecast.objects.order_by("pk").values())
    assert forecast.draft(MARCH) == 0
    assert list(Forecast.objects.order_by("pk").values()) == before
    mine = Forecast.objects.get(unit=cast.territory)
    forecast.decide(actor=cast.actor("lin"), forecast=mine, cartons=mine.cartons or 0)
    ShopProductMonth.objects.filter(month=date(2026, 2, 1)).update(cartons=500)
    assert forecast.draft(MARCH) == 1
    decided = Forecast.objects.get(unit=cast.territory)
    assert (decided.model_cartons, decided.cartons) == (mine.model_cartons, mine.cartons)
    redrafted = Forecast.objects.get(unit=cast.other_territory)
    assert (redrafted.last_month_cartons, redrafted.version) == (1000, 2)


def test_only_the_prefectures_asked_for_are_drafted_and_a_locked_month_is_left_alone(cast: Cast) -> None:
    history(cast, MARCH)
    assert forecast.draft(MARCH, [cast.county.pk]) == 0
    PrefectureMonth.objects.create(month=MARCH, prefecture=cast.prefecture, state=PrefectureMonth.State.LOCKED)
    assert forecast.draft(MARCH, [cast.prefecture.pk]) == 0
    assert not Forecast.objects.exists()


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def march(cast: Cast) -> Cast:
    history(cast, MARCH)
    forecast.draft(MARCH)
    Month.objects.create(month=MARCH, state=Month.State.OPEN, opening_at=clock.now(), opened_at=clock.now())
    return cast


def address(cast: Cast) -> str:
    return f"/api/v1/forecasts/{Forecast.objects.get(month=MARCH, unit=cast.territory).pk}"


def patch(client: APIClient, path: str, body: dict[str, Any], tag: str = "") -> Any:
    return client.patch(path, body, format="json", HTTP_IF_MATCH=tag or client.get(path)["ETag"])


def test_a_forecast_shows_the_model_beside_both_naive_numbers_and_how_it_came_to_it(
    march: Cast, as_lin: APIClient
) -> None:
    [row] = as_lin.get("/api/v1/forecasts?month=2026-03").json()["results"]
    assert row == as_lin.get(address(march)).json()
    assert {name: row[name] for name in ("month", "unit", "unit_name", "cartons", "drafted_cartons")} == {
        "month": "2026-03",
        "unit": march.territory.pk,
        "unit_name": "兴国一片区",
        "cartons": 131,
        "drafted_cartons": 131,
    }
    assert (row["model_cartons"], row["last_month_cartons"], row["last_year_cartons"]) == (131, 108, 130)
    assert row["parts"] == {
        "months": 6,
        "shops": 3,
        "week_cartons": "30.0",
        "trend_percent": "0.0",
        "order_weeks": "4.37",
        "festival_weeks": "-0.30",
        "stocking": "1.00",
        "season": "1.000",
        "low": 131,
        "high": 131,
        "past_errors": 24,
    }
    assert (row["decided_by"], row["reason"], row["version"]) == (None, "", 1)


def test_a_manager_takes_the_drafted_number_without_words(march: Cast, as_lin: APIClient) -> None:
    answer = patch(as_lin, address(march), {"cartons": 131})
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["cartons"], answer.json()["decided_by"]) == (131, str(march.lin.pk))
    entry = AuditEntry.objects.get(act="forecast.decide")
    assert (entry.actor_id, entry.unit_id) == (march.lin.pk, march.territory.pk)


def test_another_number_needs_a_reason_and_both_numbers_are_kept(march: Cast, as_chen: APIClient) -> None:
    refused = patch(as_chen, address(march), {"cartons": 150, "reason": "  "})
    assert (refused.status_code, refused.json()["code"]) == (409, "forecast_needs_reason")
    assert Forecast.objects.get(unit=march.territory).decided_at is None
    told = patch(as_chen, address(march), {"cartons": 150, "reason": "工地开工"}).json()
    assert (told["cartons"], told["drafted_cartons"], told["reason"]) == (150, 131, "工地开工")
    assert told["version"] == 2


def test_an_older_version_does_not_overwrite_a_newer_decision(
    march: Cast, as_lin: APIClient, as_chen: APIClient
) -> None:
    tag = as_lin.get(address(march))["ETag"]
    nothing = patch(as_lin, address(march), {"reason": "只有理由"})
    assert (nothing.status_code, nothing.json()["errors"][0]["pointer"]) == (400, "/cartons")
    assert patch(as_chen, address(march), {"cartons": 131}).status_code == 200
    stale = patch(as_lin, address(march), {"cartons": 140, "reason": "开学"}, tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    missing = as_lin.patch(address(march), {"cartons": 131}, format="json")
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert Forecast.objects.get(unit=march.territory).cartons == 131


def test_a_month_that_was_measured_or_locked_takes_no_other_forecast(march: Cast, as_lin: APIClient) -> None:
    place = PrefectureMonth.objects.create(month=MARCH, prefecture=march.prefecture)
    for state, code in (("measured", "month_measured"), ("locked", "month_locked")):
        PrefectureMonth.objects.filter(month=place.month).update(state=state)
        answer = patch(as_lin, address(march), {"cartons": 131})
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert Forecast.objects.get(unit=march.territory).decided_at is None


def test_everybody_sees_the_forecasts_of_his_own_scope_and_decides_with_the_capability_only(
    march: Cast, sign_in: SignIn
) -> None:
    seen = {
        name: {row["unit"] for row in sign_in(name).get("/api/v1/forecasts").json()["results"]}
        for name in ("lin", "ma", "wu", "chen", "zhao")
    }
    mine, wus = march.territory.pk, march.other_territory.pk
    assert seen == {"lin": {mine}, "ma": set(), "wu": {wus}, "chen": {mine}, "zhao": {mine, wus}}
    assert sign_in("qian").get("/api/v1/forecasts").status_code == 403
    assert sign_in("wu").get(address(march)).status_code == 404
    tag = sign_in("zhao").get(address(march))["ETag"]
    for name, status in (("wu", 404), ("zhao", 403)):
        assert patch(sign_in(name), address(march), {"cartons": 131}, tag).status_code == status
    assert Forecast.objects.get(unit=march.territory).decided_at is None


def test_forecasts_are_narrowed_by_unit_month_and_whether_they_were_decided(march: Cast, as_zhao: APIClient) -> None:
    forecast.decide(actor=march.actor("lin"), forecast=Forecast.objects.get(unit=march.territory), cartons=131)
    mine, wus = march.territory.pk, march.other_territory.pk
    for query, units in (
        ("decided=true", [mine]),
        ("decided=false", [wus]),
        (f"under={march.county.pk}", [mine]),
        (f"unit={wus}", [wus]),
        ("month=2026-02", []),
    ):
        rows = as_zhao.get(f"/api/v1/forecasts?{query}").json()["results"]
        assert [row["unit"] for row in rows] == units, query


def test_the_database_itself_keeps_no_changed_number_without_a_reason(march: Cast) -> None:
    with pytest.raises(IntegrityError, match="forecast_changed_with_reason"), transaction.atomic():
        Forecast.objects.filter(unit=march.territory).update(cartons=1, decided_at=timezone.now())


def test_the_write_verb_itself_asks_who_may(march: Cast) -> None:
    from backend.errors import Problem

    nobody = Actor(person_id=march.lin.pk)
    with pytest.raises(Problem, match="not_found"):
        forecast.decide(actor=nobody, forecast=Forecast.objects.get(unit=march.territory), cartons=131)


# -- errors ------------------------------------------------------------------------------------------------------------


def test_errors_of_the_model_stand_beside_those_of_both_naive_forecasts(cast: Cast, capsys: Any) -> None:
    history(cast, MARCH)
    found = {(one.month, one.method): one for one in forecast_errors.backtest(2)}
    assert {month for month, _ in found} == {date(2026, 1, 1), date(2026, 2, 1)}
    january = found[date(2026, 1, 1), "last_month"]
    off = [
        Decimal(abs(expected(shops, date(2026, 1, 1)) - expected(shops, date(2025, 12, 1))))
        / expected(shops, date(2026, 1, 1))
        for shops in (cast.shops, cast.wu_shops)
    ]
    assert january.territories == 2
    assert round(january.error, 4) == round(100 * (off[0] + off[1]) / 2, 4)
    assert found[date(2026, 1, 1), "model"].error == 0
    call_command("forecast_errors", "--months=2")
    printed = capsys.readouterr().out
    assert "模型 · model: 误差 · error 0.0 %, 准确率 · accuracy 100.0 %" in printed
    with pytest.raises(CommandError):
        call_command("forecast_errors", "--months=0")


def test_accuracy_is_of_what_was_decided_and_only_of_months_that_are_over(march: Cast) -> None:
    mine = Forecast.objects.get(unit=march.territory)
    forecast.decide(actor=march.actor("lin"), forecast=mine, cartons=119, reason="修路")
    units = [march.territory.pk, march.prefecture.pk]
    running = forecast_errors.held(MARCH, units)
    assert (running[march.territory.pk].actual, running[march.territory.pk].accuracy) == (None, None)
    for shop in (*march.shops, *march.wu_shops):
        sell(march, shop, [MARCH])
    with clock.at(clock.start_of(date(2026, 4, 1))):
        over = forecast_errors.held(MARCH, units)
    assert (over[march.territory.pk].actual, over[march.territory.pk].accuracy) == (131, Decimal("90.8"))
    whole = 131 + expected(march.wu_shops, MARCH)
    assert over[march.prefecture.pk].actual == whole
    assert over[march.prefecture.pk].accuracy == (100 - Decimal(1200) / whole).quantize(Decimal("0.1"))


def test_a_naive_number_that_a_territory_lacks_is_no_number_of_the_units_above(march: Cast) -> None:
    Forecast.objects.update(last_month_cartons=100, last_year_cartons=90, model_cartons=120)
    Forecast.objects.filter(unit=march.other_territory).update(last_year_cartons=None)
    found = forecast_errors.held(MARCH, [march.territory.pk, march.prefecture.pk])
    mine, whole = found[march.territory.pk], found[march.prefecture.pk]
    assert (mine.model, mine.last_month, mine.last_year) == (120, 100, 90)
    assert (whole.model, whole.last_month, whole.last_year) == (240, 200, None)


@pytest.mark.parametrize(
    ("said", "came", "percent"),
    [(95, 100, "95.0"), (105, 100, "95.0"), (300, 100, "0.0"), (0, 10, "0.0"), (10, 0, None), (None, 10, None)],
)
def test_accuracy_is_null_on_nothing_and_never_negative(said: int | None, came: int, percent: str | None) -> None:
    assert forecast_errors.accuracy(said, came) == (None if percent is None else Decimal(percent))


# -- the festival ------------------------------------------------------------------------------------------------------


def test_the_festivals_of_the_table_are_days_off_of_the_published_calendar() -> None:
    for year, day in spring.FESTIVALS.items():
        if year <= 2026:
            is_off, name = chinese_calendar.get_holiday_detail(day)
            assert (is_off, name) == (True, "Spring Festival"), day
        assert date(year, 1, 21) <= day <= date(year, 2, 20)


def test_the_week_of_the_festival_is_dead_and_the_one_two_weeks_before_it_the_strongest() -> None:
    assert spring.day_weight(date(2026, 2, 17)) == spring.day_weight(date(2026, 2, 16)) == 0.0
    assert spring.day_weight(date(2026, 2, 15)) == 1.4
    assert spring.day_weight(date(2026, 2, 2)) == 1.6
    assert spring.day_weight(date(2026, 3, 16)) == 1.0
    assert spring.day_weight(date(2024, 12, 30)) == 1.2  # four weeks before 2025-01-29, in the year before
    assert spring.day_weight(date(2024, 12, 29)) == 1.0
    assert spring.day_weight(date(2050, 2, 1)) == 1.0  # beyond the table: an ordinary day
    february = spring.order_days(date(2026, 2, 1))
    assert {n: (d.days, d.base, round(d.uplift, 1), d.ordinary) for n, d in february.items()}[1] == (4, 2.6, 1.0, 0)
    assert spring.order_days(date(2026, 2, 1), date(2026, 2, 1)) == {}
