"""The one cast: Lin, her market manager Chen, Wu of another county, the prefecture leader Zhao, and those around them.

Every test that needs people, shops or products asks for the fixture `cast`; `as_lin`, `as_wu` ... are their phones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock
from backend.models import Device, Level, Person, Position, Unit
from backend.scope import Actor, actor_of
from brands.models import Brand, KeyProduct, Product
from retail.models import Assignment, Classification, Retailer
from visits.models import DisplayTemplate, Policy, PolicyVersion, TemplateVersion

NOW = datetime(2026, 3, 16, 10, 0, tzinfo=clock.BUSINESS_ZONE)
TODAY = date(2026, 3, 16)
SINCE = date(2024, 1, 1)
ALWAYS = DateRange(SINCE, None)
PASSWORD = "demo-135-cast"

SHOP_LON, SHOP_LAT = 114.35, 30.55  # the first shop; each next one is 0.01 degrees of longitude (960 m) to the east

FIVE_DEGREES = [
    {"code": code, "name": name, "name_en": name_en, "kind": kind, "weight": 20, "pass_at": pass_at}
    for code, name, name_en, kind, pass_at in (
        ("visible", "显眼", "in clear sight", "yes_no", 1),
        ("clean", "整洁", "clean", "yes_no", 1),
        ("full", "丰富", "full", "yes_no", 1),
        ("standard", "规范：16 个指定规格", "the 16 named products", "count", 16),
        ("continuity", "持续", "continuity", "yes_no", 1),
    )
]


@dataclass
class Cast:
    """Everybody and everything that the tests speak of."""

    nation: Unit
    hubei: Unit
    prefecture: Unit
    county: Unit
    other_county: Unit
    office: Unit
    other_office: Unit
    territory: Unit
    other_territory: Unit
    next_territory: Unit  # in Lin's office, of Lin's teammate Ma
    people: dict[str, Person] = field(default_factory=dict)
    shops: list[Retailer] = field(default_factory=list)  # Lin's three
    wu_shops: list[Retailer] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)  # three; the first is key in the prefecture
    template: TemplateVersion = field(default=None)  # type: ignore[assignment]
    policy: PolicyVersion = field(default=None)  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def actor(self, name: str) -> Actor:
        """The person as the scope gate sees him or her today."""
        return actor_of(self.people[name])


PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    # username, name, role, where (an attribute of Cast)
    ("lin", "林小梅", "account_manager", "territory"),
    ("ma", "马力", "account_manager", "next_territory"),
    ("wu", "吴强", "account_manager", "other_territory"),
    ("chen", "陈国庆", "market_manager", "office"),
    ("zhao", "赵明", "prefecture_leader", "prefecture"),
    ("he", "何平", "county_leader", "county"),
    ("sun", "孙晓", "administrator", "prefecture"),
    ("qian", "钱亮", "data_steward", "prefecture"),
    ("zhou", "周文", "policy_editor", "prefecture"),
    ("feng", "冯云", "brand_manager", "prefecture"),
    ("jiang", "蒋卫", "enforcement", "prefecture"),
    ("bai", "白洁", "service_desk", "prefecture"),
    ("mo", "莫非", "logistics", "prefecture"),
    ("shen", "沈静", "auditor", "prefecture"),
)


def build_cast() -> Cast:
    """Writes the cast to the database, with everything in force since 2024-01-01."""
    cast = _build_tree()
    cast.people = {username: Person(username=username, name=name) for username, name, _, _ in PEOPLE}
    for person in cast.people.values():
        person.set_unusable_password()
    Person.objects.bulk_create(cast.people.values())
    Position.objects.bulk_create(
        Position(person=cast.people[username], unit=getattr(cast, where), role_id=role, during=ALWAYS)
        for username, _, role, where in PEOPLE
    )
    cast.shops = make_shops(cast.territory, range(3))
    cast.wu_shops = make_shops(cast.other_territory, range(100, 102))
    _build_brands(cast)
    _build_templates(cast)
    return cast


_TREE: tuple[tuple[tuple[str, str, str, str], ...], ...] = (
    # level by level: an attribute of Cast, code, name, the attribute of the unit above
    (("nation", "CN", "全国", ""),),
    (("hubei", "42", "湖北省", "nation"),),
    (("prefecture", "4202", "黄石市", "hubei"),),
    (("county", "420222", "阳新县", "prefecture"), ("other_county", "420281", "大冶市", "prefecture")),
    (("office", "420222-01", "兴国市场部", "county"), ("other_office", "420281-01", "东岳市场部", "other_county")),
    (
        ("territory", "420222-01-01", "兴国一片区", "office"),
        ("other_territory", "420281-01-01", "东岳一片区", "other_office"),
        ("next_territory", "420222-01-02", "兴国二片区", "office"),
    ),
)


def _build_tree() -> Cast:
    made: dict[str, Unit] = {}
    for level, units in zip(Level, _TREE, strict=True):
        for attribute, code, name, above in units:
            made[attribute] = Unit(code=code, name=name, parent=made.get(above), level=level, during=ALWAYS)
        Unit.objects.bulk_create(made[attribute] for attribute, *_ in units)
    as_kept = Unit.objects.in_bulk([unit.pk for unit in made.values()])  # with what the database adds
    found: dict[str, Any] = {attribute: as_kept[unit.pk] for attribute, unit in made.items()}
    return Cast(**found)


def make_shop(territory: Unit, number: int, *, since: date = SINCE, assigned: bool = True) -> Retailer:
    """One active urban convenience store (CB2, tier 15, integrity A, visit class A), 960 m east of the one before."""
    return make_shops(territory, [number], since=since, assigned=assigned)[0]


def make_shops(
    territory: Unit, numbers: Iterable[int], *, since: date = SINCE, assigned: bool = True
) -> list[Retailer]:
    """Such shops, in three statements for any number."""
    shops = Retailer.objects.bulk_create(
        Retailer(
            code=f"4202{number:08d}",
            licence_no=f"4202001{number:05d}",
            licence_valid_until=date(2028, 6, 30),
            name=f"便民商店{number}",
            holder=f"持证人{number}",
            county_id=territory.ancestors[3],
            lon=SHOP_LON + number / 100,
            lat=SHOP_LAT,
            datum=Retailer.Datum.WGS84,
            order_weekday=1 + number % 4,
            opened_on=since,
        )
        for number in numbers
    )
    during = DateRange(since, None)
    ranks = {"business_type": "B", "market_type": "C", "scale": 2, "tier": 15, "integrity_grade": "A"}
    Classification.objects.bulk_create(
        Classification(retailer=shop, during=during, visit_class="A", **ranks) for shop in shops
    )
    if assigned:
        Assignment.objects.bulk_create(Assignment(retailer=shop, territory=territory, during=during) for shop in shops)
    return shops


def _build_brands(cast: Cast) -> None:
    brand = Brand.objects.create(name="黄鹤楼", maker="湖北中烟", is_home=True)
    cast.products = Product.objects.bulk_create(
        Product(
            brand=brand,
            code=code,
            name=name,
            guide_pack_fen=carton_fen // 10,
            guide_carton_fen=carton_fen,
            wholesale_fen=carton_fen * 88 // 100,
            transfer_fen=carton_fen * 66 // 100,
        )
        for code, name, carton_fen in (
            ("P1", "黄鹤楼(软蓝)", 19_000),
            ("P2", "红金龙(硬神州腾龙)", 10_000),
            ("P3", "利群(新版)", 15_000),
        )
    )
    KeyProduct.objects.create(unit=cast.prefecture, product=cast.products[0], during=ALWAYS)


def _build_templates(cast: Cast) -> None:
    scheme = DisplayTemplate.objects.create(unit=cast.prefecture, code="five-degrees", name="五度陈列")
    cast.template = TemplateVersion.objects.create(template=scheme, number=1, during=ALWAYS, items=FIVE_DEGREES)
    policy = Policy.objects.create(unit=cast.prefecture, code="supply-2026-03", title="三月货源投放规则")
    cast.policy = PolicyVersion.objects.create(
        policy=policy,
        number=1,
        body="按档位投放，每周一公布。",
        released_at=NOW - timedelta(days=7),
        brief_by=date(2026, 3, 20),
    )


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[datetime]:
    """Every test runs on Monday 2026-03-16, 10:00 in Shanghai, unless it holds the clock elsewhere."""
    with clock.at(NOW):
        yield NOW


def phone_of(person: Person, *, device_id: str = "") -> APIClient:
    """A client that is signed in on a phone of the person's, by a token of its own."""
    token = f"token-of-{person.username}-{device_id}"
    phone = Device(
        person=person,
        device_id=device_id or f"phone-of-{person.username}",
        name="测试手机",
        token_hash=sha256(token.encode()).digest(),
        signed_in_at=clock.now(),
        last_used_at=clock.now(),
        expires_at=clock.now() + timedelta(days=30),
    )
    Device.objects.bulk_create([phone], ignore_conflicts=True)  # the one that the person has already stays
    client = APIClient(HTTP_ACCEPT_LANGUAGE="zh-hans")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


SignIn = Callable[[str], APIClient]


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    """Signs somebody of the cast in by name."""
    return lambda name: phone_of(cast.people[name])


@pytest.fixture
def as_lin(cast: Cast) -> APIClient:
    return phone_of(cast.people["lin"])


@pytest.fixture
def as_chen(cast: Cast) -> APIClient:
    return phone_of(cast.people["chen"])


@pytest.fixture
def as_wu(cast: Cast) -> APIClient:
    return phone_of(cast.people["wu"])


@pytest.fixture
def as_zhao(cast: Cast) -> APIClient:
    return phone_of(cast.people["zhao"])


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient(HTTP_ACCEPT_LANGUAGE="zh-hans")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An aware UTC moment, short to write in a test."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
