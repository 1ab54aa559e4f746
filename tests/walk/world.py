"""One object of every kind in every column of the policy table: Lin's, moved yesterday, Wu's, and one nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Model

from backend import clock
from backend.ids import uuid7
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
    Receipt,
    Unit,
)
from brands.models import KeyProduct
from cycles import month as months
from cycles import report_parts
from cycles.models import (
    Action,
    Adjustment,
    AdviceSheet,
    CalendarDay,
    Finding,
    Forecast,
    Improvement,
    ManagerCell,
    ManagerCycle,
    Misfire,
    Month,
    MonthlyReport,
    PrefectureMonth,
    ReportRun,
    Result,
    Sighting,
)
from market import queries
from market.boards.blocks import NUMBERS, make
from market.models import (
    Alert,
    AlertRule,
    AlertTold,
    Allotment,
    CollectionPoint,
    IntelligenceEvent,
    IntelligenceItem,
    Launch,
    LaunchVerdict,
    Order,
    OrderLine,
    OrderWindow,
    SalesTarget,
    Sample,
    StockCount,
)
from retail.models import Assignment, Contact, Need, Promise, Retailer
from tests.cast import ALWAYS, SINCE, TODAY, Cast, build_cast, make_shop
from tests.cycles.manager_facts import NO_FIGURES
from tests.market import facts
from tests.walk.photo_things import photo_things
from tests.walk.policy import FOREIGN, MOVED, NOWHERE, OWN
from visits import proof
from visits.models import (
    Breach,
    Briefing,
    DisplayTask,
    DisplayTemplate,
    Leave,
    PlannedStop,
    PointProposal,
    Policy,
    PolicyAnswer,
    PolicyQuestion,
    PolicyReading,
    PolicyVersion,
    PresenceVerdict,
    QuizAttempt,
    Remark,
    Replan,
    Signal,
    TemplateVersion,
    Training,
    Visit,
    VisitRevision,
)

LAST_WEEK = date(2026, 3, 10)
YESTERDAY, SATURDAY = date(2026, 3, 15), date(2026, 3, 21)  # no working days: what is drafted does not stand on them
MONTH = date(2026, 3, 1)
TOKEN = "zQX7J9"  # stands in Lin's county only (tests/walk/canaries.py)
NO_UUID = UUID("0199aaaa-0000-7000-8000-00000000dead")
NO_NUMBER = 4_242_424_242
Key = Any  # what stands in the address: an id, or the names of its parts with their values


@dataclass
class World:
    """The cast, the keys of an object of every kind and column, and what belongs to Lin's county alone."""

    cast: Cast
    other_next: Unit  # a second territory in Wu's office
    shops: dict[str, Retailer]
    keys: dict[str, dict[str, Key]] = field(default_factory=dict)
    rows: list[Model] = field(default_factory=list)  # of Lin's county: what Wu must never see a word of
    visits: dict[str, UUID] = field(default_factory=dict)
    findings: dict[UUID, UUID] = field(default_factory=dict)  # by shop
    actions: dict[UUID, UUID] = field(default_factory=dict)  # by shop, the drafted one
    replans: dict[int, UUID] = field(default_factory=dict)  # of each column's territory
    visited: dict[UUID, UUID] = field(default_factory=dict)  # by shop: its visit, decided about before
    templates: dict[int, int] = field(default_factory=dict)  # by policy: a template of the same county
    papers: dict[int, UUID] = field(default_factory=dict)  # the manager's month of each column's territory

    def key(self, kind: str, column: str) -> Key:
        """What to write into an address."""
        return self.keys[kind][column]

    def place(self, column: str) -> Any:
        """The people, units and shop of a column: what nested ids in bodies and filters are taken from."""
        return _PLACES[column](self)


def build_world() -> World:
    """The cast with three more people, one moved shop, and an object of every kind."""
    cast = build_cast()
    _more_people(cast)
    moved = make_shop(cast.territory, 7, assigned=False)
    Assignment.objects.create(retailer=moved, territory=cast.territory, during=DateRange(SINCE, TODAY))
    Assignment.objects.create(retailer=moved, territory=cast.next_territory, during=DateRange(TODAY, None))
    second = Unit.objects.create(
        code="420281-01-02", name="东岳二片区", parent=cast.other_office, level=Level.TERRITORY, during=ALWAYS
    )
    world = World(cast, second, {OWN: cast.shops[0], MOVED: moved, FOREIGN: cast.wu_shops[0]})
    months.open_month(MONTH)
    for column in (OWN, MOVED, FOREIGN):
        shop_things(world, column)
    for column in (OWN, FOREIGN):
        _place_things(world, column)
    _shared_things(world)
    photo_things(world, (OWN, MOVED, FOREIGN), MOVED)
    _nowhere(world)
    proof.follow()
    world.rows += [cast.county, cast.office, cast.territory, cast.next_territory, cast.lin, cast.ma, cast.chen]
    return world


def _more_people(cast: Cast) -> None:
    for username, role, unit, during in (
        ("yuan", "market_manager", cast.office, DateRange(SINCE, TODAY)),  # until yesterday
        ("tang", "data_steward", cast.other_county, ALWAYS),
        ("luo", "administrator", cast.other_county, ALWAYS),
    ):
        person = Person.objects.create(username=username, name=username)
        Position.objects.create(person=person, unit=unit, role_id=role, during=during)
        cast.people[username] = person


@dataclass(frozen=True)
class Place:
    """Who and what stands around a column's shop."""

    shop: UUID
    unassigned: UUID  # a shop of the county that belongs to no territory
    territory: int
    holder: int  # the territory that the shop belongs to today
    other_holder: int  # another territory of the same county
    county: int
    person: UUID
    policy: int
    policy_version: int
    point: UUID  # the collection point of the shop
    spare: UUID  # a shop of the territory that is none
    visit: UUID


def _place_of(world: World, column: str) -> Place:
    cast, shop = world.cast, world.shops[column].pk
    if column == FOREIGN:
        units = (cast.other_territory.pk, cast.other_territory.pk, world.other_next.pk, cast.other_county.pk)
        return Place(
            shop,
            world.keys["unassigned"][FOREIGN],
            *units,
            cast.wu.pk,
            *_policy_of(world, FOREIGN),
            *_point_of(world, FOREIGN),
        )
    holder, other = (cast.territory.pk, cast.next_territory.pk)
    if column != OWN:
        holder, other = other, holder
    units = (cast.territory.pk, holder, other, cast.county.pk)
    return Place(
        shop, world.keys["unassigned"][OWN], *units, cast.lin.pk, *_policy_of(world, OWN), *_point_of(world, column)
    )


def _point_of(world: World, column: str) -> tuple[UUID, UUID, UUID]:
    spare = world.cast.wu_shops[1] if column == FOREIGN else world.cast.shops[1]
    return world.keys["collection point"][column], spare.pk, world.visits[column]


def _policy_of(world: World, column: str) -> tuple[int, int]:
    return world.keys["policy"][column], world.keys["policy version"][column]


_PLACES: dict[str, Callable[[World], Place]] = {
    OWN: lambda world: _place_of(world, OWN),
    MOVED: lambda world: _place_of(world, MOVED),
    FOREIGN: lambda world: _place_of(world, FOREIGN),
    NOWHERE: lambda world: Place(
        shop=NO_UUID,
        unassigned=NO_UUID,
        territory=NO_NUMBER,
        holder=NO_NUMBER,
        other_holder=NO_NUMBER,
        county=NO_NUMBER,
        person=NO_UUID,
        policy=NO_NUMBER,
        policy_version=NO_NUMBER,
        point=NO_UUID,
        spare=NO_UUID,
        visit=NO_UUID,
    ),
}


def _keep(world: World, kind: str, column: str, row: Model, key: Key = None) -> None:
    world.keys.setdefault(kind, {})[column] = row.pk if key is None else key
    if column != FOREIGN:
        world.rows.append(row)


def shop_things(world: World, column: str) -> None:
    """What hangs on one shop; for the moved one written while it was Lin's."""
    cast, shop = world.cast, world.shops[column]
    territory, person = (cast.other_territory, cast.wu) if column == FOREIGN else (cast.territory, cast.lin)
    product = cast.products[0]
    _keep(world, "shop", column, shop)
    remark = {"kind": "rival_move", "text": "买一送一", "counter_proposal": "加强陈列"}
    seen = facts.Seen(
        observations=[{"product": product, "carton_price_fen": 19_000, "stock_packs": 5}],
        briefings=[cast.policy.pk],
        pitches=[(product.pk, True)],
        score=80,
        note=f"note of {column}",
        more={"template_version": cast.template},
    )
    visit = facts.visit(shop, territory, person, LAST_WEEK, seen)
    Remark.objects.create(month=MONTH, visit_id=visit, line_no=0, **remark)
    Training.objects.create(month=MONTH, visit_id=visit, line_no=0, topic="真伪鉴别", minutes=10)
    world.visits[column] = visit
    world.keys.setdefault("visit", {})[column] = visit
    world.keys.setdefault("own visit", {})[column] = visit
    Receipt.objects.create(
        submission_id=visit, kind="visit", sha256=visit.bytes * 2, person=person, month=MONTH, received_at=clock.now()
    )
    Visit.objects.filter(pk=visit).update(revision=2)
    VisitRevision.objects.create(
        visit_id=visit, month=MONTH, number=2, act="edit", retailer=shop, territory=territory,
        county_id=territory.ancestors[3], person=person, made_at=clock.now(), sha256=visit.bytes * 2,
        before={"retailer_id": str(shop.pk), "note": f"earlier note of {column}"},
        after={"retailer_id": str(shop.pk), "note": f"note of {column}"},
    )  # fmt: skip
    stamp = {"month": MONTH, "retailer": shop, "person": person, "territory": territory}
    _checked_things(world, column, {**stamp, "county_id": territory.ancestors[3]})
    order = Order.objects.create(
        month=MONTH, order_no=f"N-{column}", retailer=shop, territory=territory, county_id=territory.ancestors[3],
        on_date=LAST_WEEK, cartons=3, amount_fen=50_000,
    )  # fmt: skip
    OrderLine.objects.create(month=MONTH, order_id=order.pk, product=product, ordered_cartons=3, amount_fen=50_000)
    _keep(world, "order", column, order)
    allotment = Allotment.objects.create(
        pk=_far_number(), retailer=shop, product=product, opens_on=LAST_WEEK, closes_on=TODAY, cartons=5
    )
    _keep(world, "allotment", column, allotment)
    count = StockCount.objects.create(
        retailer=shop, product=product, territory=territory, county_id=territory.ancestors[3], on_date=LAST_WEEK,
        packs=12,
    )  # fmt: skip
    _keep(world, "stock count", column, count)
    _keep(world, "contact", column, Contact.objects.create(retailer=shop, name="店主", phone="13900000000"))
    need = Need.objects.create(retailer=shop, kind="supply", text="缺货", raised_by=person, raised_on=LAST_WEEK)
    _keep(world, "need", column, need)
    routed = {"department": "brand", "routed_at": clock.now(), "reply_due_at": clock.now() + timedelta(days=1)}
    asked = {"kind": "request", "text": "要陈列架", "raised_by": person, "raised_on": LAST_WEEK}
    _keep(world, "routed need", column, Need.objects.create(retailer=shop, **asked, **routed))
    _sampled_things(world, column, territory)
    _intelligence(world, column, territory, person)
    promise = Promise.objects.create(
        retailer=shop, text="周五送货架", promised_by=person, promised_on=LAST_WEEK, due_on=TODAY
    )
    _keep(world, "promise", column, promise)
    sheet = AdviceSheet.objects.create(
        month=MONTH, retailer=shop, territory=territory, person=person, figures=NO_FIGURES, written_at=clock.now()
    )
    _keep(world, "advice sheet", column, sheet)
    finding = _found(shop, territory, order.pk)
    world.findings[shop.pk] = finding.pk
    _keep(world, "finding", column, finding)
    _chain_things(world, column, finding)
    place = {"month": MONTH, "retailer": shop, "territory": territory, "county_id": territory.ancestors[3]}
    stop = PlannedStop.objects.create(**place, on_date=SATURDAY, position=1, words="送货架", is_own=True)
    _keep(world, "stop", column, stop)
    missed = PlannedStop.objects.create(**place, on_date=YESTERDAY, position=1, words="没去成", state="missed")
    _keep(world, "missed stop", column, missed)
    _keep(world, "cycle", column, shop, {"month": "2026-03", "retailer_id": shop.pk})


def _sampled_things(world: World, column: str, territory: Unit) -> None:
    """The column's shop is a collection point; its sample of last week was taken by the visit."""
    place = {"retailer": world.shops[column], "territory": territory, "county_id": territory.ancestors[3]}
    point = CollectionPoint.objects.create(**place, stratum="middle", during=ALWAYS)
    _keep(world, "collection point", column, point)
    sample = Sample.objects.create(
        **place, week_on=date(2026, 3, 9), point=point, products=[world.cast.products[0].pk], state="taken",
        visit_id=world.visits[column], visit_month=MONTH, taken_on=LAST_WEEK, seen=1,
    )  # fmt: skip
    _keep(world, "sample", column, sample)


def _intelligence(world: World, column: str, territory: Unit, person: Person) -> None:
    """Two things that the visit to the column's shop sent up: one that waits to be verified, and one that was."""
    for number, (kind, state) in enumerate((("intelligence item", "submitted"), ("verified item", "verified"))):
        item = IntelligenceItem.objects.create(
            visit_id=world.visits[column], month=MONTH, place_no=number, retailer=world.shops[column], person=person,
            territory=territory, county_id=territory.ancestors[3], on_date=LAST_WEEK, kind="other",
            text=f"修路 {column}", group_id=uuid7(), group_on=LAST_WEEK, state=state, sent_at=clock.now(),
            due_on=SATURDAY,
        )  # fmt: skip
        _keep(world, kind, column, item)
        _keep(
            world, f"event of {kind}", column, IntelligenceEvent.objects.create(item=item, at=clock.now(), act="sent")
        )


def _checked_things(world: World, column: str, stamp: dict[str, Any]) -> None:
    """What follows from the visit to the column's shop: doubts about it, what is to be mended, what was reported."""
    visit, shop = world.visits[column], world.shops[column]
    world.visited[shop.pk] = visit
    decided = {"decided_by": world.cast.zhao, "decided_at": clock.now()}
    PresenceVerdict.objects.create(
        visit_id=visit, **stamp, on_date=LAST_WEEK, presence="valid", words="属实", **decided
    )
    signal = Signal.objects.create(
        visit_id=visit, **stamp, on_date=LAST_WEEK, kind="mock_location", figures={}, raised_at=clock.now()
    )
    _keep(world, "signal", column, signal)
    if column != MOVED:
        _keep(world, "own signal", column, signal)
    Retailer.objects.filter(pk=shop.pk).update(lon=None, lat=None)
    proposal = PointProposal.objects.create(
        visit_id=visit, **stamp, lon=114.3, lat=30.5, datum="WGS-84", proposed_at=clock.now()
    )
    _keep(world, "point proposal", column, proposal)
    breach = Breach.objects.create(
        visit_id=visit, **stamp, on_date=LAST_WEEK, kind="licence_hidden", severity=2, words="证挂在里屋",
        reported_at=clock.now(),
    )  # fmt: skip
    _keep(world, "breach", column, breach)
    of_shop = {key: value for key, value in stamp.items() if key not in ("month", "person")}
    task = DisplayTask.objects.create(
        **of_shop, kind="item", item_code="visible", name="显眼", opened_on=LAST_WEEK, opened_visit_id=visit,
        opened_month=MONTH, last_on=LAST_WEEK, due_on=TODAY,
    )  # fmt: skip
    _keep(world, "display task", column, task)


def _found(shop: Retailer, territory: Unit, order_id: UUID) -> Finding:
    """A finding of the month about the shop, as analysis leaves it, and what it said."""
    finding = Finding.objects.create(
        rule="client.odd_order", dimension="client", severity=1, retailer=shop, territory=territory,
        county_id=territory.ancestors[3], opened_on=TODAY, first_month=MONTH, last_month=MONTH,
    )  # fmt: skip
    Sighting.objects.create(
        month=MONTH, finding_id=finding.pk, rule_version=1, as_of=TODAY, severity=1,
        threshold={"client.odd_order_percent": 250.0},
        figures={"cartons": 52, "on_date": "2026-03-10", "mean": 20, "percent": 260.0, "limit": 250.0, "baseline": 0,
                 "target": 1, "best": None},
        evidence={"kind": "order", "ids": [str(order_id)], "rows": 1},
    )  # fmt: skip
    return finding


def _chain_things(world: World, column: str, finding: Finding) -> None:
    """An action drafted from the finding, one that missed its goal, and the improvement that this became."""
    about = {
        "dimension": "client", "retailer_id": finding.retailer_id, "territory_id": finding.territory_id,
        "county_id": finding.county_id, "rule": finding.rule, "kind": "own", "parameters": {"words": "谈陈列协议"},
        "metric": "visits", "goal": "at_least", "target": 2, "due_on": date(2026, 3, 31),
    }  # fmt: skip
    planned = {**about, "month": MONTH, "drafted_target": 2, "serves": "visit"}
    action = Action.objects.create(**planned, finding=finding)
    world.actions[world.shops[column].pk] = action.pk
    _keep(world, "action", column, action)
    missed = Action.objects.create(**planned, state="accepted")
    Result.objects.create(action=missed, value=1, outcome="miss", evidence_count=1, measured_at=clock.now())
    _keep(world, "missed action", column, missed)
    carried = Improvement.objects.create(**about, month=MONTH, origin=missed, baseline=1, opened_on=TODAY)
    _keep(world, "improvement", column, carried)
    world.keys.setdefault("told rule", {})[column] = {"code": finding.rule}


def _place_things(world: World, column: str) -> None:
    """What belongs to a territory, a county or a person."""
    cast = world.cast
    person = cast.wu if column == FOREIGN else cast.lin
    county = cast.other_county if column == FOREIGN else cast.county
    territory = cast.other_territory if column == FOREIGN else cast.territory
    steward = cast.tang if column == FOREIGN else cast.qian
    shop = make_shop(territory, 8 if column == OWN else 108, assigned=False)
    _keep(world, "unassigned", column, shop)
    target = SalesTarget.objects.create(pk=_far_number(), unit=territory, month=MONTH, cartons=100)
    _keep(world, "target", column, target)
    forecast = Forecast.objects.create(unit=territory, month=MONTH, model_cartons=90, cartons=90, made_at=clock.now())
    _keep(world, "forecast", column, forecast)
    leave = Leave.objects.create(person=person, unit=territory, during=DateRange(TODAY, SATURDAY), kind="年假")
    _keep(world, "leave", column, leave)
    replan = Replan.objects.create(territory=territory, lost_on=SATURDAY, moves=[], made_by=person, made_at=clock.now())
    world.replans[territory.pk] = replan.pk
    _keep(world, "plan", column, territory, {"territory_id": territory.pk, "month": "2026-03"})
    _report(world, column, territory)
    told = Misfire.objects.create(
        rule="client.silent", unit=territory, person=person, told_at=clock.now(), words="歇业", findings=[]
    )
    _keep(world, "misfire", column, told, {"code": told.rule, "pk": told.pk})
    _paper(world, column, ManagerCycle.objects.get(person=person, month=MONTH))
    device = _device(person, "another phone")
    for kind in ("device", "device to end"):
        _keep(world, kind, column, device)
    _keep(world, "quarantine", column, _refused(person, territory.pk))
    _keep(world, "let go", column, _refused(person, territory.pk, state="dismissed", settled_at=clock.now()))
    run = _import_run(steward, cast.prefecture if column == OWN else county)
    _keep(world, "import", column, run)
    _exports(world, column)
    for kind, state in (("checked import", "checked"), ("applied import", "applied")):
        _keep(world, kind, column, _orders_run(run, state))
    profile = ImportProfile.objects.create(pk=_far_number(), kind="orders", name=column, unit_id=run.unit_id)
    _keep(world, "import profile", column, profile)
    listing = KeyProduct.objects.create(pk=_far_number(), unit=county, product=cast.products[1], during=ALWAYS)
    _keep(world, "key product", column, listing)
    window = OrderWindow.objects.create(
        pk=_far_number(), unit=county, order_weekday=1, opens_weekday=6, opens_at=time(19),
        closes_weekday=7, closes_at=time(16),
    )  # fmt: skip
    _keep(world, "order window", column, window)
    _launches(world, column, county)
    _alerts(world, column, county)
    office = cast.other_office if column == FOREIGN else cast.office
    empty = Unit.objects.create(
        pk=_far_number(), code=f"E-{column}", name="空片区", parent=office, level=Level.TERRITORY, during=ALWAYS
    )
    _keep(world, "unit", column, empty)
    _keep(world, "person", column, person)
    _keep(world, "position", column, Position.objects.get(person=person))
    said = TOKEN if column == OWN else ""
    entry = AuditEntry.objects.create(
        pk=_far_number(), at=clock.now(), actor=person, act="retailer.edit", object_type="retailer", object_id=column,
        unit=territory, after={"name": said}, reason=said,
    )  # fmt: skip
    _keep(world, "audit entry", column, entry)
    _county_policy(world, column, county)


def _launches(world: World, column: str, county: Unit) -> None:
    """One that is still planned, and one of which an exit is proposed."""
    whole = {"how": f"推介 {column}", "places": "城镇", "audience": "便利店", "first_cartons": 1, "unit": county}
    draft = Launch.objects.create(
        **whole, product=world.cast.products[1], supply_on=date(2026, 4, 1), planned_by=world.cast.feng
    )
    _keep(world, "launch", column, draft)
    proposed = Launch.objects.create(
        **whole, product=world.cast.products[2], supply_on=date(2025, 9, 1), planned_by=world.cast.feng,
        state="exit_proposed", approved_at=clock.now(),
    )  # fmt: skip
    LaunchVerdict.objects.create(
        launch=proposed, month=date(2026, 2, 1), number=6, outcome="exit_proposed", figures=[], made_at=clock.now()
    )
    _keep(world, "proposed launch", column, proposed)


def _alerts(world: World, column: str, county: Unit) -> None:
    """A rule of the county, and an alert of the territory that its account manager was told of."""
    cast = world.cast
    person, territory = (cast.wu, cast.other_territory) if column == FOREIGN else (cast.lin, cast.territory)
    rule = AlertRule.objects.create(
        pk=_far_number(), unit=county, level=Level.TERRITORY, name=f"预警 {column}", kpi="visit_coverage_rate",
        below=90, owner_role_id="account_manager",
    )  # fmt: skip
    for kind in ("alert rule", "alert rule to change"):
        _keep(world, kind, column, rule)
    now = clock.now()
    alert = Alert.objects.create(
        rule=rule, unit=territory, month=MONTH, value=50, measured=50, worst=50, line=90, opened_at=now, seen_at=now
    )
    _keep(world, "alert", column, alert)
    AlertTold.objects.create(
        alert=alert, person=person, why="owner", role_id="account_manager", place=territory, due_at=now, told_at=now
    )


def _report(world: World, column: str, territory: Unit) -> None:
    """The monthly report of a territory, with nothing counted in it; the making is that of the prefecture."""
    told = {"month": MONTH, "prefecture": world.cast.prefecture}
    moments = {"made_at": clock.now(), "locked_at": clock.now(), "done_at": clock.now()}
    run, _ = ReportRun.objects.get_or_create(**told, number=1, defaults={"cause": "lock", "of": 2, **moments})
    fresh = queries.freshness(territory.pk)
    sections = [report_parts.of_block(make(number, (), (), fresh)) for number in NUMBERS]
    content: dict[str, Any] = {
        "unit": {"name": territory.name, "name_en": "", "level": 5, "way": []},
        "month": "2026-03",
        "sections": sections,
        "findings": [],
        "sources": [],
        "as_of": clock.now().isoformat(),
        "waiting": 0,
    }
    made = MonthlyReport.objects.create(
        run=run, month=MONTH, unit=territory, number=1, template=2, content=content, made_at=clock.now()
    )
    _keep(world, "monthly report", column, made)
    if column == OWN:
        _keep(world, "report run", column, run)


def _paper(world: World, column: str, paper: ManagerCycle) -> None:
    """A manager's month with one cell still to be written, and two that were handed in."""
    world.papers[paper.unit_id] = paper.pk
    _keep(world, "manager cycle", column, paper)
    world.keys.setdefault("own month", {})[column] = paper.pk
    for kind, cell in (
        ("drafted cell", "client_plan"),
        ("submitted cell", "client_execute"),
        ("reviewed cell", "client_evaluate"),
    ):
        handed_in = {"state": "submitted", "submitted_at": clock.now(), "submitted": []}
        given = {} if kind == "drafted cell" else handed_in
        ManagerCell.objects.update_or_create(cycle=paper, cell=cell, defaults=given)
        world.keys.setdefault(kind, {})[column] = {"pk": paper.pk, "cell": cell}


def _county_policy(world: World, column: str, county: Unit) -> None:
    policy = Policy.objects.create(pk=_far_number(), unit=county, code=f"policy-{column}", title=f"政策 {column}")
    asked = [{"question": "几档？", "choices": ["一", "二"], "right": 0}]
    version = PolicyVersion.objects.create(
        pk=_far_number(), policy=policy, number=1, body=f"正文 {column}", released_at=clock.now() - timedelta(days=1),
        quiz=asked, quiz_shown=[{"question": "几档？", "choices": ["一", "二"], "check": "0" * 64}],
    )  # fmt: skip
    draft = PolicyVersion.objects.create(pk=_far_number(), policy=policy, number=2, body=f"草稿 {column}")
    template = DisplayTemplate.objects.create(pk=_far_number(), unit=county, code=f"t-{column}", name=f"陈列 {column}")
    item = {"code": "visible", "name": "显眼", "name_en": "in sight", "kind": "yes_no", "weight": 100, "pass_at": 1}
    made = TemplateVersion.objects.create(pk=_far_number(), template=template, number=1, during=ALWAYS, items=[item])
    _keep(world, "policy", column, policy)
    _keep(world, "policy version", column, version)
    _policy_things(world, column, version)
    _keep(world, "draft", column, draft)
    draft_items = TemplateVersion.objects.create(pk=_far_number(), template=template, number=2, items=[item])
    world.templates[policy.pk] = template.pk
    _keep(world, "template", column, template)
    _keep(world, "template draft", column, draft_items)
    _keep(world, "template version", column, made)


def _policy_things(world: World, column: str, version: PolicyVersion) -> None:
    """Who tried its quiz, what a shop asked of it and nobody has answered, and a question that has its answer."""
    cast = world.cast
    person, territory = (cast.wu, cast.other_territory) if column == FOREIGN else (cast.lin, cast.territory)
    tried = QuizAttempt.objects.create(
        id=uuid4(), person=person, unit=territory, policy_version=version, answers=[], read_at=clock.now(),
        answered_at=clock.now(), received_at=clock.now(), asked=1, right=0, passed=False, minutes_from_release=60,
    )  # fmt: skip
    _keep(world, "attempt", column, tried)
    PolicyReading.objects.create(person=person, policy_version=version, read_at=clock.now(), received_at=clock.now())
    line = {"month": MONTH, "visit_id": world.visits[column], "line_no": 7, "policy_version": version}
    Briefing.objects.create(**line, question=f"问 {column}", unanswered=True)
    question = PolicyQuestion.objects.create(
        policy_version=version, visit_id=world.visits[column], month=MONTH, retailer=world.shops[column],
        territory=territory, asked_by=person, asked_on=LAST_WEEK, text=f"问 {column}", due_on=TODAY,
    )  # fmt: skip
    _keep(world, "question", column, question)
    answer = PolicyAnswer.objects.create(
        policy_version=version, question=f"问 {column}", answer=f"答 {column}", answered_by=cast.zhou,
        answered_at=clock.now(),
    )  # fmt: skip
    _keep(world, "policy answer", column, answer)


def _shared_things(world: World) -> None:
    cast = world.cast
    world.keys["brand"] = {OWN: cast.products[0].brand_id}
    world.keys["product"] = {OWN: cast.products[0].pk}
    world.keys["import kind"] = {OWN: "products"}
    world.keys["rule"] = {OWN: "client.silent"}
    CalendarDay.objects.create(day=date(2026, 5, 4), is_working=True, name="makeup day")
    world.keys["calendar day"] = {OWN: "2026-05-04"}
    world.keys["collection"] = {OWN: {"collection": "needs", "version": 1}}
    _months(world)


def _months(world: World) -> None:
    """March is open; February was locked by the prefecture, and a line stands beside it for each county's shop."""
    prefecture, february = world.cast.prefecture, date(2026, 2, 1)
    Month.objects.create(month=february, state="locked", opening_at=clock.now(), opened_at=clock.now())
    PrefectureMonth.objects.create(month=february, prefecture=prefecture, state="locked", locked_at=clock.now())
    for column in (OWN, FOREIGN):
        place = world.place(column)
        Adjustment.objects.create(
            month=february, figure="client_execute", retailer_id=place.shop, territory_id=place.territory,
            county_id=place.county, before=3, after=2, on_date=TODAY, made_at=clock.now(),
        )  # fmt: skip
    world.keys["open month"] = {OWN: "2026-03"}
    world.keys["prefecture month"] = {OWN: {"month": "2026-03", "unit": prefecture.pk}}
    world.keys["locked month"] = {OWN: {"month": "2026-02", "unit": prefecture.pk}}


def _nowhere(world: World) -> None:
    names = {
        "import kind": "nothing",
        "rule": "nothing",
        "told rule": {"code": "nothing"},
        "misfire": {"code": "client.silent", "pk": NO_UUID},
        "calendar day": "2026-02-30",
        "collection": {"collection": "nothing", "version": 1},
        "open month": "2031-01",
        "prefecture month": {"month": "2026-03", "unit": NO_NUMBER},
        "locked month": {"month": "2026-02", "unit": NO_NUMBER},
        "cycle": {"month": "2026-03", "retailer_id": NO_UUID},
        "drafted cell": {"pk": NO_UUID, "cell": "client_plan"},
        "submitted cell": {"pk": NO_UUID, "cell": "client_execute"},
        "reviewed cell": {"pk": NO_UUID, "cell": "client_evaluate"},
        "plan": {"territory_id": NO_NUMBER, "month": "2026-03"},
    }
    for kind, found in world.keys.items():
        like = found[OWN]
        found[NOWHERE] = names.get(kind, NO_NUMBER if isinstance(like, int) else NO_UUID)


_numbers = iter(range(7_350_000_001, 7_360_000_000, 1_357))


def _far_number() -> int:
    """A number that no other row has and no text holds by chance."""
    return next(_numbers)


def _device(person: Person, name: str) -> Device:
    return Device.objects.create(
        person=person, device_id=str(uuid4()), name=name, token_hash=sha256(uuid7().bytes).digest(),
        signed_in_at=clock.now(), last_used_at=clock.now(), expires_at=clock.now() + timedelta(days=30),
    )  # fmt: skip


def _refused(person: Person, unit_id: int, **more: Any) -> Quarantined:
    payload = f'{{"note": "refused for {person.username}: {more.get("state", "")}"}}'.encode()
    return Quarantined.objects.create(
        kind="visit", person=person, unit_id=unit_id, sha256=sha256(payload).digest(),
        payload=payload, problem={"zh-hans": {"code": "invalid"}, "en": {"code": "invalid"}},
        received_at=clock.now(), **more,
    )  # fmt: skip


def _orders_run(like: ImportRun, state: str) -> ImportRun:
    ended = clock.now() if state == "applied" else None
    return ImportRun.objects.create(
        kind="orders", mode="apply", state=state, person=like.person, unit=like.unit, file_format="csv", size_bytes=10,
        sha256=b"\0" * 32, started_at=clock.now(), finished_at=ended,
    )  # fmt: skip


def _exports(world: World, column: str) -> None:
    """One that is ready, and one that waits."""
    cast = world.cast
    person, unit = (cast.zhao, cast.prefecture) if column == OWN else (cast.people["tang"], cast.other_county)
    about = {"kind": "retailers", "format": "csv", "person": person, "unit": unit, "language": "zh-hans"}
    ready = Export.objects.create(
        **about, state="ready", name=f"exports/{column}", sha256=b"\0" * 32, size_bytes=0, manifest={"rows": 0},
        asked_at=clock.now(), as_of=clock.now(), finished_at=clock.now(), expires_at=clock.now() + timedelta(days=7),
    )  # fmt: skip
    waiting = Export.objects.create(**about, asked_at=clock.now())
    for kind, row in (("export", ready), ("export file", ready), ("waiting export", waiting)):
        _keep(world, kind, column, row)


def _import_run(person: Person, unit: Unit) -> ImportRun:
    run = ImportRun.objects.create(
        kind="products", mode="dry_run", state="looked", person=person, unit=unit, file_name="a.csv",
        file_format="csv", encoding="utf-8", size_bytes=10, sha256=b"\0" * 32, rows=1, bad=1,
        started_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    ImportReject.objects.create(run=run, row_no=2, column="name", severity="error", code="too_long", value="x")
    return run
