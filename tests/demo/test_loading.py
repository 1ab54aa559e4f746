"""A small demo as of a pinned day: what it holds, that it is the same each time, and where it refuses to load."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import connection

from backend import clock
from backend.administrators import make_administrator
from backend.models import Parameter, Person, Receipt, Unit
from brands.models import KeyProduct, Product
from cycles.models import Action, Forecast, Improvement, ManagerCell, Month, PrefectureMonth, RetailerCycle
from cycles.recompute import recompute
from demo import loading, seasons
from demo.staging import Plan
from market.models import Launch, LaunchVerdict, Order, OrderLine, ShopProductMonth, UnitMonth
from retail import places
from retail.models import Assignment, Classification, Need, Promise, Retailer
from tests.cast import build_cast
from tests.demo import owed_and_sampled
from visits import sealing
from visits.models import Briefing, CheckLine, Observation, Pitch, PlannedStop, Visit
from web.boards.parameters import GENERATED

AS_OF = date(2026, 3, 16)
SMALL = Plan(AS_OF, shops=400, lines_per_order=4)


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def one(sql: str) -> Any:
    return rows(sql)[0][0]


def silent(line: str) -> None:
    """Progress lines are for people."""


DIGESTED = """
SELECT (SELECT count(*) || '/' || sum(cartons) || '/' || sum(amount_fen) FROM market_order)
    || ' ' || (SELECT count(*) || '/' || sum(demanded_cartons) || '/' || sum(ordered_cartons) FROM market_orderline)
    || ' ' || (SELECT count(*) || '/' || sum(cartons) FROM market_shopproductmonth)
    || ' ' || (SELECT md5(string_agg(id::text || started_at || note || presence, '' ORDER BY id)) FROM visits_visit)
    || ' ' || (SELECT count(*) || '/' || sum(carton_price_fen) || '/' || sum(stock_packs) FROM visits_observation)
    || ' ' || (SELECT count(*) || '/' || sum(understanding) FROM visits_briefing)
    || ' ' || (SELECT count(*) || '/' || sum(tier) FROM retail_classification)
    || ' ' || (SELECT count(*) FROM retail_need) || ' ' || (SELECT count(*) FROM retail_promise)
"""


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    """Photos of this test, in a folder of its own."""
    store = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "photos": store}


@pytest.mark.django_db
def test_a_small_demo_holds_a_market_of_fourteen_months_that_agrees_with_itself() -> None:
    loading.load(SMALL, say=silent)
    _the_files_are_whole()
    _the_orders_add_up()
    _the_visits_follow_the_rules_of_intake()
    _the_policies_were_passed_before_they_were_told()
    _the_newest_supply_policy_is_in_force()
    _the_boards_and_months_are_ready()
    _the_last_months_have_been_lived()
    owed_and_sampled.departments_answer(AS_OF)
    owed_and_sampled.samples_were_taken(AS_OF)
    owed_and_sampled.shops_score(date(2026, 2, 1))
    _the_last_months_carry_all_that_a_visit_can_and_what_follows()
    _new_products_were_launched_and_judged()
    digest = sha256(str(one(DIGESTED)).encode()).hexdigest()[:16]
    assert (
        digest == "649f98db717de02f"
    )  # changes with any change of the generator: figures before and after do not compare


def _the_files_are_whole() -> None:
    assert Retailer.objects.count() == 400
    on_day = Classification.objects.filter(during__contains=AS_OF)
    assert on_day.count() == 400
    assert Classification.objects.count() > 800  # tiers have changed
    assert Assignment.objects.filter(during__contains=AS_OF).count() == 400
    lin = Person.objects.get(username="lin")
    assert check_password("demo-135", lin.password)
    mine = Retailer.objects.filter(assignments__territory__positions__person=lin, assignments__during__contains=AS_OF)
    assert mine.count() == 186
    assert Product.objects.count() == 120
    assert KeyProduct.objects.filter(during__contains=AS_OF).count() >= 12
    assert Promise.objects.filter(state="open").exists()
    assert Promise.objects.filter(state="kept").exists()
    assert not Promise.objects.filter(settled_on__gte=AS_OF).exists()
    assert Need.objects.filter(closed_on=None).exists()
    assert not Need.objects.filter(closed_on__gte=AS_OF).exists()


def _the_orders_add_up() -> None:
    assert Order.objects.count() == 22_708
    first, last = rows("SELECT min(on_date), max(on_date) FROM market_order")[0]
    assert (first, last) == (date(2025, 1, 1), date(2026, 3, 13))  # a Wednesday; the Friday before the as-of Monday
    wrong = """SELECT count(*) FROM market_order o JOIN (SELECT month, order_id, sum(ordered_cartons) AS cartons,
        sum(amount_fen) AS fen FROM market_orderline GROUP BY 1, 2) l ON l.order_id = o.id AND l.month = o.month
        WHERE l.cartons <> o.cartons OR l.fen <> o.amount_fen"""
    assert one(wrong) == 0
    assert one("SELECT count(*) FROM market_orderline WHERE ordered_cartons > demanded_cartons") == 0
    assert one("SELECT count(*) FROM market_orderline WHERE ordered_cartons > allotted_cartons") == 0
    assert one("SELECT count(DISTINCT order_id) FROM market_orderline") == Order.objects.count()
    sold = "SELECT sum(cartons) FROM market_shopproductmonth WHERE month >= '2025-01-01'"
    assert one(sold) == one("SELECT sum(cartons) FROM market_order")
    assert ShopProductMonth.objects.values("month").distinct().count() == 25
    unstamped = """SELECT count(*) FROM market_order o JOIN retail_assignment a
        ON a.retailer_id = o.retailer_id AND a.during @> o.on_date
        WHERE a.territory_id IS DISTINCT FROM o.territory_id"""
    assert one(unstamped) == 0
    closed = """SELECT count(*) FROM market_order o JOIN retail_classification c
        ON c.retailer_id = o.retailer_id AND c.during @> o.on_date WHERE c.state <> 'active'"""
    assert one(closed) == 0
    assert one("SELECT count(*) FROM market_order WHERE on_date BETWEEN '2026-02-16' AND '2026-02-22'") == 0  # festival


def _the_newest_supply_policy_is_in_force() -> None:
    codes = rows("""SELECT code FROM visits_policy p JOIN visits_policyversion v ON v.policy_id = p.id
        WHERE v.quiz <> '[]' AND superseded_at IS NULL""")
    assert codes == [(f"supply-{AS_OF:%Y-%m}",)]
    early = "SELECT count(*) FROM visits_policyversion WHERE superseded_at <= released_at"
    assert one(early) == 0


def _the_policies_were_passed_before_they_were_told() -> None:
    unpassed = """SELECT count(*) FROM visits_briefing b JOIN visits_visit v ON v.id = b.visit_id AND v.month = b.month
        JOIN visits_policyversion p ON p.id = b.policy_version_id AND p.quiz <> '[]'
        WHERE NOT EXISTS (SELECT FROM visits_quizattempt a WHERE a.policy_version_id = p.id AND a.passed
            AND a.person_id = v.person_id AND a.answered_at <= v.started_at)"""
    assert one(unpassed) == 0
    reached = rows("SELECT passed IS TRUE, count(*) > 500 FROM visits_briefed GROUP BY 1 ORDER BY 1")
    assert reached == [(False, True), (True, True)]
    assert one("SELECT count(*) FROM visits_policyquestion") > 10
    assert sealing.verify()[0] == []
    early = """SELECT count(*) FROM visits_seal s JOIN visits_visit v ON v.id = s.record AND v.month = s.month
        WHERE s.sealed_at < v.started_at OR s.sealed_at > v.started_at + interval '31 days'"""
    assert one(early) == 0


def _new_products_were_launched_and_judged() -> None:
    told = list(Launch.objects.order_by("supply_on").values_list("product__code", "supply_on", "state"))
    assert told == [
        ("H0108", date(2025, 7, 1), "passed"),
        ("H0030", date(2025, 10, 1), "passed"),
        ("H0017", date(2026, 1, 1), "trial"),
    ]
    assert list(LaunchVerdict.objects.order_by("month").values_list("launch__product__code", "month", "number")) == [
        ("H0108", date(2025, 9, 1), 3),
        ("H0030", date(2025, 12, 1), 3),
    ]


def _the_last_months_carry_all_that_a_visit_can_and_what_follows() -> None:
    lived = "month >= '2026-01-01'"
    assert one("SELECT count(*) FROM visits_visit WHERE purposes = '{}' OR typed_s IS NULL") == 0
    assert one(f"SELECT count(*) FROM visits_visit WHERE {lived} AND stop_id IS NULL") == 0
    assert one(f"SELECT count(DISTINCT retailer_id) > 300 FROM visits_visit v JOIN visits_compliancecheck c"
               f" ON c.visit_id = v.id WHERE v.{lived}")  # fmt: skip
    assert one("SELECT count(*) FROM visits_training") > 50
    kinds = {kind for (kind,) in rows("SELECT DISTINCT kind FROM visits_remark")}
    assert kinds >= {"event", "flow_price", "consumer_trend", "campaign_opinion", "irregular", "rival_move"}
    assert one("SELECT count(*) FROM visits_remark WHERE is_restricted <> (kind = 'irregular')") == 0
    states = dict(rows("SELECT state, count(*) FROM visits_breach GROUP BY 1"))
    assert (states["closed"], states["seen"], states["reported"] > 0) == (3, 3, True)
    assert {state for (state,) in rows("SELECT DISTINCT state FROM visits_signal")} == {"open", "answered", "accepted"}
    assert one("SELECT count(*) FROM visits_displaytask WHERE closed_on IS NULL") > 20
    assert one("SELECT count(*) FROM visits_displaytask WHERE closed_on IS NOT NULL") > 100
    assert one("SELECT count(*) FROM visits_policyquestion WHERE state = 'answered'") == 3
    photos = rows("SELECT state, count(*), count(DISTINCT phash), count(visit_id) FROM visits_storedphoto GROUP BY 1")
    assert len(photos) == 1
    assert (photos[0][0], photos[0][1] >= 8, photos[0][1]) == ("ready", True, photos[0][3])
    assert one("SELECT count(*) FROM visits_visit WHERE photos_missing > 0") == 0
    assert one("SELECT count(*) FROM visits_signal WHERE kind LIKE 'photo%'") == 0
    assert one("SELECT count(*) FROM visits_checkline WHERE fixed AND after_photo_id IS NOT NULL") >= 1


def _the_visits_follow_the_rules_of_intake() -> None:
    assert Receipt.objects.count() == Visit.objects.count()
    assert one("SELECT max(on_date) FROM visits_visit") == date(2026, 3, 13)
    assert one("SELECT max(received_at) < '2026-03-16+08' FROM visits_visit")
    foreign = """SELECT count(*) FROM visits_visit v LEFT JOIN retail_assignment a ON a.retailer_id = v.retailer_id
        AND a.during @> v.on_date LEFT JOIN backend_position p ON p.unit_id = a.territory_id
        AND p.person_id = v.person_id WHERE a.territory_id IS DISTINCT FROM v.territory_id OR p.id IS NULL"""
    assert one(foreign) == 0
    rest_days = "SELECT count(*) FROM visits_visit WHERE on_date IN ('2025-10-01', '2026-02-17', '2026-01-01')"
    assert one(rest_days) == 0
    scored = """SELECT count(*) FROM visits_visit v JOIN (SELECT visit_id, sum(points) AS points FROM visits_checkline
        GROUP BY 1) c ON c.visit_id = v.id WHERE v.display_score <> c.points"""
    assert one(scored) == 0
    for model in (CheckLine, Observation, Briefing, Pitch, OrderLine):
        assert model.objects.exists()
    shops = {shop.pk: (shop.lon, shop.lat) for shop in Retailer.objects.all()}
    for visit in Visit.objects.all()[:500]:
        there = places.distance_m((visit.lon, visit.lat), shops[visit.retailer_id])  # type: ignore[arg-type]
        assert visit.distance_m == pytest.approx(there, abs=1.0)
        assert (visit.presence == "to_verify") is bool({"too_far", "mock_location"} & set(visit.flags))


def _the_boards_and_months_are_ready() -> None:
    assert Parameter.objects.filter(key=GENERATED, unit__code="CN", value=True).count() == 1
    prefecture = Unit.objects.get(code="4209")
    seen = UnitMonth.objects.filter(unit=prefecture, month__gte=date(2026, 1, 1)).order_by("month")
    assert [row.month.month for row in seen] == [1, 2, 3]
    assert sum(row.visits for row in seen) == Visit.objects.filter(month__gte=date(2026, 1, 1)).count()
    assert list(Month.objects.order_by("month").values_list("month", flat=True)) == [
        date(2026, 1, 1),
        date(2026, 2, 1),
        date(2026, 3, 1),
    ]
    assert RetailerCycle.objects.filter(month=date(2026, 3, 1)).count() > 380


def _the_last_months_have_been_lived() -> None:
    states = dict(PrefectureMonth.objects.values_list("month", "state"))
    assert states == {date(2026, 1, 1): "locked", date(2026, 2, 1): "locked", date(2026, 3, 1): "open"}
    lin = Person.objects.get(username="lin")
    for month in (date(2026, 1, 1), date(2026, 2, 1)):
        cells = ManagerCell.objects.filter(cycle__month=month, cycle__person=lin)
        assert cells.count() == 15
        assert cells.exclude(submitted=None).count() == 15
        mine = Action.objects.filter(month=month, territory__positions__person=lin)
        assert mine.filter(state="dropped").exclude(drop_reason="").exists()
        assert not mine.filter(state="accepted", result=None).exists()
        assert mine.filter(result__outcome="hit").exists()
        assert mine.filter(result__outcome="miss").exclude(result__reason="").exists()
    carried = Improvement.objects.filter(month=date(2026, 1, 1), territory__positions__person=lin)
    assert carried.filter(state="met", outcome__isnull=False, actions__month=date(2026, 2, 1)).exists()
    assert not carried.filter(state="proposed").exists()
    stops = PlannedStop.objects.filter(territory__positions__person=lin)
    assert not stops.filter(state="planned", on_date__lt=AS_OF).exists()
    assert stops.filter(state="planned", on_date__gte=AS_OF).exists()
    assert stops.filter(state="done").count() > 5 * stops.filter(state="missed").count()
    assert not Forecast.objects.filter(month__lt=date(2026, 3, 1), decided_at=None).exists()
    without = (
        "SELECT count(*) FROM cycles_managercell, jsonb_array_elements(draft) s WHERE (s->'evidence'->>'rows')::int < 1"
    )
    assert one(without) == 0
    assert [recompute(month).unexplained for month in (date(2026, 1, 1), date(2026, 2, 1))] == [0, 0]


@pytest.mark.django_db
def test_another_seed_makes_another_market_and_only_what_is_asked_for_is_loaded_with_what_it_needs() -> None:
    loading.load(Plan(AS_OF, shops=400, lines_per_order=4, seed=7), ["orders"], say=silent)
    assert (Retailer.objects.count(), Product.objects.count()) == (400, 120)
    assert Order.objects.count() == 22_553
    assert not Visit.objects.exists()
    assert not UnitMonth.objects.exists()
    assert loading.with_needed(["targets"]) == {"targets", "totals", "shops", "products", "org"}


@pytest.mark.django_db
def test_the_demo_loads_once() -> None:
    loading.load(SMALL, ["shops"], say=silent)
    before = sorted(Retailer.objects.values_list("pk", flat=True))
    loading.load(Plan(AS_OF, shops=500), ["shops"], say=silent)
    assert sorted(Retailer.objects.values_list("pk", flat=True)) == before


@pytest.mark.django_db
def test_a_database_with_other_retailers_is_left_alone() -> None:
    build_cast()
    before = (Retailer.objects.count(), Person.objects.count())
    with pytest.raises(CommandError, match="holds retailers"):
        call_command("load_demo", "--as-of=2026-03-16", "--shops=400")
    call_command("load_demo", "--if-empty", "--as-of=2026-03-16", "--shops=400")
    assert (Retailer.objects.count(), Person.objects.count()) == before


@pytest.mark.django_db
def test_a_database_with_a_tree_of_its_own_and_no_shop_yet_is_left_alone_too() -> None:
    make_administrator(username="first", name="孙立新", password="kaoshan-7731")
    with pytest.raises(CommandError, match="holds retailers or units"):
        call_command("load_demo", "--as-of=2026-03-16", "--shops=400")
    call_command("load_demo", "--if-empty", "--as-of=2026-03-16", "--shops=400")
    assert (Unit.objects.count(), Person.objects.count(), Retailer.objects.count()) == (1, 1, 0)


@pytest.mark.django_db
def test_a_database_that_is_not_the_embedded_one_needs_to_be_told_that_it_is_a_demo(settings: Any) -> None:
    settings.DEMO_ALLOWED = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("load_demo", "--shops=400")
    assert not Retailer.objects.exists()
    assert not Unit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "argument", ["--shops=399", "--shops=500001", "--tables=orders,nonsense", "--lines-per-order=0"]
)
def test_arguments_out_of_bounds_load_nothing(argument: str, settings: Any) -> None:
    settings.DEMO_ALLOWED = True
    with pytest.raises(CommandError):
        call_command("load_demo", argument)
    assert not Unit.objects.exists()


def test_a_week_before_the_spring_festival_sells_most_and_its_own_week_nothing() -> None:
    by_monday = {week.monday: week.factor for week in seasons.weeks(date(2026, 1, 1), date(2026, 3, 16))}
    assert by_monday[date(2026, 2, 2)] == 1.62
    assert by_monday[date(2026, 2, 16)] == 0.0
    assert max(by_monday.values()) == 1.62


def test_the_weeks_of_a_plan_reach_from_fourteen_months_before_to_the_day() -> None:
    months = Plan(AS_OF).months()
    assert (months[0], months[-1], len(months)) == (
        (date(2025, 1, 1), date(2025, 2, 1)),
        (date(2026, 3, 1), AS_OF),
        15,
    )
    assert Plan(date(2026, 3, 1)).months()[-1] == (date(2026, 2, 1), date(2026, 3, 1))
    assert clock.month_of(AS_OF) == date(2026, 3, 1)
