"""A field to measure in: one prefecture, one account manager with 200 shops, 120 products, and a phone's visits."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

TOKEN = "benchmark-token"
CHECKS, OBSERVATIONS = 10, 8
NOTE = "店主反映软蓝货源偏紧,建议适当增加投放;陈列已按标准调整,明码标价齐全,下次走访跟进。"


@dataclass
class Field:
    """Who works where, with the ids that a phone would hold."""

    person: Any = None
    device: Any = None
    territory: Any = None
    county: Any = None
    shops: list[Any] = field(default_factory=list)
    products: list[Any] = field(default_factory=list)
    template: Any = None


def build(shops: int = 200, products: int = 120) -> Field:
    """Writes the field to the database."""
    from backend import clock
    from backend.models import Device, Person, Position

    made, always = Field(), _always()
    _build_tree(made)
    made.person = Person.objects.create(username="lin", name="林小梅")
    Position.objects.create(person=made.person, unit=made.territory, role_id="account_manager", during=always)
    now = clock.now()
    made.device = Device.objects.create(
        person=made.person,
        device_id="benchmark",
        name="benchmark",
        token_hash=sha256(TOKEN.encode()).digest(),
        signed_in_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=30),
    )
    _build_shops(made, shops)
    _build_brands(made, products)
    return made


def _always() -> Any:
    from django.db.backends.postgresql.psycopg_any import DateRange

    return DateRange(date(2024, 1, 1), None)


def _build_tree(made: Field) -> None:
    from backend.models import Level, Unit

    parent = None
    for level in Level:
        parent = Unit.objects.create(
            code=f"U{level}", level=level, name=str(level.label), parent=parent, during=_always()
        )
        if level == Level.COUNTY:
            made.county = parent
    made.territory = parent


def _build_shops(made: Field, count: int) -> None:
    from retail.models import Assignment, Classification, Retailer

    made.shops = Retailer.objects.bulk_create(
        Retailer(
            code=f"{n:012d}", licence_no=f"{n:012d}", name=f"便民商店{n}", holder="持证人", county=made.county,
            lon=114.3 + n / 1000, lat=30.5, datum="WGS-84", opened_on=date(2024, 1, 1),
        )
        for n in range(count)
    )  # fmt: skip
    Assignment.objects.bulk_create(
        Assignment(retailer=shop, territory=made.territory, during=_always()) for shop in made.shops
    )
    Classification.objects.bulk_create(
        Classification(retailer=shop, during=_always(), business_type="B", market_type="C", scale=2)
        for shop in made.shops
    )


def _build_brands(made: Field, count: int) -> None:
    from brands.models import Brand, Product
    from visits.models import DisplayTemplate, TemplateVersion

    brand = Brand.objects.create(name="黄鹤楼")
    made.products = Product.objects.bulk_create(
        Product(brand=brand, code=f"P{n:04d}", name=f"规格{n}") for n in range(count)
    )
    scheme = DisplayTemplate.objects.create(unit=made.county, code="ten", name="十项检查")
    items = [
        {"code": f"item-{n}", "name": f"第{n}项", "name_en": f"item {n}", "kind": "yes_no", "weight": 10, "pass_at": 1}
        for n in range(CHECKS)
    ]
    made.template = TemplateVersion.objects.create(template=scheme, number=1, during=_always(), items=items)


def batch(made: Field, rng: random.Random, now: datetime, count: int = 100) -> list[dict[str, Any]]:
    """A day's visits as the phone tells them: 10 answers and 8 observations each."""
    return [_visit(made, rng, now - timedelta(minutes=20 * (n % 24) + 15)) for n in range(count)]


def _visit(made: Field, rng: random.Random, started: datetime) -> dict[str, Any]:
    shop = rng.choice(made.shops)
    return {
        "submission_id": str(uuid4()),
        "retailer_id": str(shop.pk),
        "started_at": started.isoformat(),
        "ended_at": (started + timedelta(minutes=12)).isoformat(),
        "sent_at": (started + timedelta(minutes=15)).isoformat(),
        "place": {"lon": shop.lon, "lat": shop.lat + rng.random() / 1000, "datum": "WGS-84", "accuracy_m": 20.0},
        "persons_met": "店主",
        "note": NOTE,
        "check": {
            "template_version_id": made.template.pk,
            "answers": [{"item": f"item-{n}", "answer": rng.randrange(2)} for n in range(CHECKS)],
        },
        "observations": [
            {
                "product_id": product.pk,
                "on_shelf": True,
                "carton_price_fen": 10_000 + rng.randrange(200) * 100,
                "pack_price_fen": 1_000 + rng.randrange(200) * 10,
                "stock_packs": rng.randrange(300),
                "facings": rng.randrange(8),
                "oos_days": 0,
            }
            for product in rng.sample(made.products, OBSERVATIONS)
        ],
    }


def encoded(items: list[dict[str, Any]]) -> bytes:
    """The bytes that the phone sends."""
    return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode()


# Months of past visits by rule, for reads: as many shops and people as asked, every visit with all its lines.
_PAST_VISITS = """
INSERT INTO visits_visit (id, month, retailer_id, person_id, territory_id, county_id, on_date, started_at, ended_at,
    device_started_at, received_at, presence, flags, away_reason, persons_met, note, datum, display_score)
SELECT gen_random_uuid(), date_trunc('month', d)::date,
    CASE who WHEN 0 THEN shops[1 + n / %(people)s %% cardinality(shops)]
        ELSE (left(shops[1]::text, 9) || substr(md5((n %% 20000)::text)::uuid::text, 10))::uuid END,
    CASE who WHEN 0 THEN %(person)s ELSE md5(who::text)::uuid END, %(territory)s + who, %(county)s, d::date,
    at, at + interval '10 minutes', at, at, 'valid', '{}', '', '', 'x', 'WGS-84', 80
FROM generate_series(1, %(count)s) n, LATERAL (SELECT n %% %(people)s AS who) p,
    LATERAL (SELECT %(until)s::timestamptz - n * %(step)s::interval AS at) t,
    LATERAL (SELECT at AT TIME ZONE 'Asia/Shanghai' AS d) s,
    (SELECT %(shops)s::uuid[] AS shops) x
"""
_PAST_LINES = (
    "INSERT INTO visits_checkline (month, visit_id, line_no, item_code, answer, passed, points)"
    f" SELECT month, id, n, 'item-' || n, '1', true, 10 FROM visits_visit, generate_series(1, {CHECKS}) n",
    "INSERT INTO visits_observation (month, visit_id, line_no, product_id, on_shelf, carton_price_fen, stock_packs)"
    f" SELECT month, id, n, n, true, 19000, 40 FROM visits_visit, generate_series(1, {OBSERVATIONS}) n",
)


def store_past(made: Field, count: int, *, people: int) -> None:
    """Instead of what is there: visits of the last 400 days with all lines, every `people`-th by our own person."""
    from django.db import connection

    from backend import clock

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE visits_visit, visits_checkline, visits_observation")
        cursor.execute(
            _PAST_VISITS,
            {
                "people": people,
                "person": made.person.pk,
                "territory": made.territory.pk,
                "county": made.county.pk,
                "count": count,
                "until": clock.now() - timedelta(days=1),
                "step": f"{398 * 86_400 / count} seconds",
                "shops": [shop.pk for shop in made.shops],
            },
        )
        for statement in _PAST_LINES:
            cursor.execute(statement)
        cursor.execute("ANALYZE visits_visit, visits_checkline, visits_observation, retail_assignment, retail_retailer")
