"""The walk's world with as many rows of every kind as asked for; used by tests/query_budgets.py."""

from __future__ import annotations

from datetime import date, time, timedelta
from hashlib import sha256
from uuid import uuid4

from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from backend import clock
from backend.models import (
    AuditEntry,
    Device,
    Export,
    ImportProfile,
    ImportReject,
    ImportRun,
    Level,
    Person,
    Position,
    Quarantined,
    Unit,
)
from brands.models import Brand, KeyProduct, PriceClassBand, Product
from cycles import month as months
from cycles.models import Adjustment, CalendarDay, Forecast, ManagerCycle, Misfire, Month, MonthlyReport, ReportRun
from market.models import Alert, AlertRule, Launch, LaunchVerdict, OrderWindow, SalesTarget
from market.rollups import recompute
from tests.cast import ALWAYS, make_shop
from tests.market import facts
from tests.walk.photo_things import more_photos
from tests.walk.policy import OWN
from tests.walk.world import LAST_WEEK, MONTH, World, shop_things
from visits import proof
from visits.models import (
    Briefing,
    CheckLine,
    DisplayTemplate,
    Leave,
    Observation,
    Pitch,
    Policy,
    PolicyAnswer,
    PolicyReading,
    PolicyVersion,
    QuizAttempt,
    Remark,
    TemplateVersion,
    Training,
    VisitRevision,
)

FIRST_SHOP = 200  # numbers of shops that the walk's world does not use


def grow(world: World, numbers: range) -> None:
    """One more row of every kind for each number, within reach of Lin and of those above her; boards recomputed."""
    for number in numbers:
        _units_and_people(world, number)
        _catalogue(world, number)
        _rules(world, number)
        _shop(world, number)
        _files(world, number)
        _months(world, number)
        _told(world, number)
    months.open_month(MONTH)
    recompute.turn()
    recompute.drain()
    proof.follow()


def _units_and_people(world: World, number: int) -> None:
    """A county of the prefecture and an office of the county for those above; a territory of the office with its own
    account manager, and one more phone of Lin's."""
    cast = world.cast
    for parent, level, code in (
        (cast.prefecture, Level.COUNTY, f"4202{number + 30}"),
        (cast.county, Level.OFFICE, f"420222-{number + 10}"),
    ):
        Unit.objects.create(code=code, name=f"单位{code}", parent=parent, level=level, during=ALWAYS)
    code = f"420222-01-{number + 10}"
    territory = Unit.objects.create(
        code=code, name=f"片区{code}", parent=cast.office, level=Level.TERRITORY, during=ALWAYS
    )
    person = Person.objects.create(username=f"person{number}", name=f"客户经理{number}")
    Position.objects.create(person=person, unit=territory, role_id="account_manager", during=ALWAYS)
    for owner in (cast.lin, cast.zhao, cast.qian, cast.sun, cast.shen):
        Device.objects.create(
            person=owner, device_id=str(uuid4()), name=f"phone {number}", token_hash=sha256(uuid4().bytes).digest(),
            signed_in_at=clock.now(), last_used_at=clock.now(), expires_at=clock.now() + timedelta(days=30),
        )  # fmt: skip


def _catalogue(world: World, number: int) -> None:
    cast = world.cast
    brand = Brand.objects.create(name=f"品牌{number}", maker=f"厂{number}")
    product = Product.objects.create(
        brand=brand, code=f"M{number}", name=f"商品{number}", guide_pack_fen=1_000, guide_carton_fen=10_000,
        wholesale_fen=8_800, transfer_fen=6_600,
    )  # fmt: skip
    cast.products.append(product)
    KeyProduct.objects.create(unit=cast.county, product=product, during=ALWAYS)
    above = cast.territory.ancestors[number % 6]  # a unit has one window a weekday
    weekdays = {"order_weekday": 7 - number // 6 % 7, "opens_weekday": 1, "closes_weekday": 1}
    OrderWindow.objects.create(unit_id=above, opens_at=time(8), closes_at=time(18), **weekdays)
    ImportProfile.objects.create(kind="orders", name=f"profile {number}", unit=cast.prefecture)
    launch = Launch.objects.create(unit=cast.county, product=product, supply_on=date(2026, 4, 1), planned_by=cast.feng)
    LaunchVerdict.objects.create(
        launch=launch, month=date(2026, 6, 1), number=3, outcome="cure", figures=[], made_at=clock.now()
    )
    day = date(1990, 1, 1) + timedelta(days=number)
    PriceClassBand.objects.create(
        price_class=1, transfer_fen=NumericRange(0, None), during=DateRange(day, day + timedelta(days=1))
    )


def _rules(world: World, number: int) -> None:
    county = world.cast.county
    policy = Policy.objects.create(unit=county, code=f"many-{number}", title=f"政策{number}")
    version = PolicyVersion.objects.create(
        policy=policy, number=1, body=f"正文{number}", released_at=clock.now() - timedelta(days=1)
    )
    person, at = world.cast.lin, clock.now()
    QuizAttempt.objects.create(
        id=uuid4(), person=person, unit=world.cast.territory, policy_version=version, answers=[], read_at=at,
        answered_at=at, received_at=at, asked=1, right=1, passed=True, minutes_from_release=60,
    )  # fmt: skip
    PolicyReading.objects.create(person=person, policy_version=version, read_at=at, received_at=at)
    PolicyAnswer.objects.create(
        policy_version=version, question=f"问{number}", answer="答", answered_by=world.cast.zhou, answered_at=at
    )
    template = DisplayTemplate.objects.create(unit=county, code=f"many-{number}", name=f"陈列{number}")
    item = {"code": "visible", "name": "显眼", "name_en": "in sight", "kind": "yes_no", "weight": 100, "pass_at": 1}
    TemplateVersion.objects.create(template=template, number=1, during=ALWAYS, items=[item])


def _shop(world: World, number: int) -> None:
    """A shop of Lin's with all that hangs on one, one more visit of her first shop (by Ma, who stood in), and one
    more line of each kind in the visit whose page is measured."""
    cast, product = world.cast, world.cast.products[-1]
    world.shops[f"many-{number}"] = make_shop(cast.territory, FIRST_SHOP + number)
    shop_things(world, f"many-{number}")
    more_photos(world, OWN)
    seen = facts.Seen(observations=[{"product": product, "carton_price_fen": 10_000 + number, "stock_packs": 5}])
    facts.visit(world.shops[OWN], cast.territory, cast.ma, MONTH + timedelta(days=number % 15), seen)
    make_shop(cast.territory, FIRST_SHOP + 100 + number)  # never visited: due
    line = {"month": MONTH, "visit_id": world.visits[OWN], "line_no": 10 + number}
    Observation.objects.create(**line, product=product, carton_price_fen=10_000)
    Pitch.objects.create(**line, product=product, accepted=False)
    version = PolicyVersion.objects.get(policy__code=f"many-{number}")
    Briefing.objects.create(**line, policy_version=version, question=f"问{number}", unanswered=True)
    Training.objects.create(**line, topic=f"课{number}", minutes=10)
    Remark.objects.create(**line, kind=Remark.Kind.BRAND_OPINION, product=product, text=f"意见{number}")
    CheckLine.objects.create(**line, item_code="visible", answer="1", points=20)
    of_shop = {"retailer_id": str(world.shops[OWN].pk)}
    VisitRevision.objects.create(
        visit_id=world.visits[OWN], month=MONTH, number=1_000 + number, act="edit", retailer=world.shops[OWN],
        territory=cast.territory, county=cast.county, person=cast.lin, made_at=clock.now(), sha256=b"\0" * 32,
        before={**of_shop, "note": f"甲{number}"}, after={**of_shop, "note": f"乙{number}"},
    )  # fmt: skip


def _files(world: World, number: int) -> None:
    """A refused visit of Lin's, an import of Qian's, one more reject in the import that is measured, and an audit."""
    cast = world.cast
    AuditEntry.objects.create(
        at=clock.now(), actor=cast.qian, act="brand.edit", object_type="brands.brand", object_id=str(number),
        unit=cast.prefecture,
    )  # fmt: skip
    payload = f'{{"note": "refused {number}"}}'.encode()
    Quarantined.objects.create(
        kind="visit", submission_id=uuid4(), person=cast.lin, unit_id=cast.territory.pk, payload=payload,
        sha256=sha256(payload).digest(), problem={"zh-hans": {"code": "invalid"}, "en": {"code": "invalid"}},
        received_at=clock.now(),
    )  # fmt: skip
    ImportRun.objects.create(
        kind="products", mode="dry_run", state="looked", person=cast.qian, unit=cast.prefecture, file_name="a.csv",
        file_format="csv", encoding="utf-8", size_bytes=10, sha256=b"\0" * 32, rows=1,
        started_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    Export.objects.create(
        kind="retailers", format="csv", state="failed", person=cast.zhao, unit=cast.prefecture, language="zh-hans",
        asked_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    ImportReject.objects.create(
        run_id=world.key("import", OWN), row_no=10 + number, column="name", severity="error", code="too_long", value="x"
    )


def _months(world: World, number: int) -> None:
    """A month long past with Lin's paper, target and forecast, and a day set against the calendar."""
    cast, month = world.cast, clock.add_months(date(2020, 1, 1), number)
    Month.objects.create(month=month, state=Month.State.LOCKED, opening_at=clock.now(), opened_at=clock.now())
    ManagerCycle.objects.create(month=month, role_id="account_manager", unit=cast.territory, person=cast.lin)
    SalesTarget.objects.create(unit=cast.territory, month=month, cartons=100)
    Forecast.objects.create(unit=cast.territory, month=month, model_cartons=90, cartons=90, made_at=clock.now())
    Adjustment.objects.create(
        month=month, figure="visits", unit=cast.territory, territory=cast.territory, county=cast.county, before=1,
        after=2, on_date=LAST_WEEK, made_at=clock.now(),
    )  # fmt: skip
    Misfire.objects.create(
        rule=world.key("rule", OWN),
        unit=cast.territory,
        person=cast.lin,
        told_at=clock.now(),
        words="误报",
        findings=[],
    )
    off = DateRange(date(2027, 1, 1) + timedelta(days=number), date(2027, 1, 2) + timedelta(days=number))
    Leave.objects.create(person=cast.lin, unit=cast.territory, during=off)
    CalendarDay.objects.create(day=LAST_WEEK - timedelta(days=100 + number), is_working=True, name="makeup day")


def _told(world: World, number: int) -> None:
    """A rule of the county with an alert of Lin's territory; her report of a month long past, and one of this month's
    of the territory that came with the number."""
    cast, now = world.cast, clock.now()
    rule = AlertRule.objects.create(
        unit=cast.county, level=Level.TERRITORY, name=f"预警{number}", kpi="visit_coverage_rate", below=80,
        owner_role_id="account_manager",
    )  # fmt: skip
    Alert.objects.create(
        rule=rule, unit=cast.territory, month=MONTH, value=50, measured=50, worst=50, line=80, opened_at=now,
        seen_at=now,
    )  # fmt: skip
    month = clock.add_months(date(2020, 1, 1), number)
    run = ReportRun.objects.create(
        month=month, prefecture=cast.prefecture, number=1, cause="lock", of=1, made_at=now, locked_at=now, done_at=now
    )
    like = MonthlyReport.objects.get(pk=world.key("monthly report", OWN))
    beside = Unit.objects.get(code=f"420222-01-{number + 10}")
    for making, unit in ((run, cast.territory), (like.run, beside)):
        MonthlyReport.objects.create(
            run=making, month=making.month, unit=unit, number=1, template=1, content=like.content, made_at=now
        )
