"""Writes the demo's tree, people, products, templates, policies and thresholds; called by demo/loading.py.

Few rows, so through the models; what runs into thousands is written by SQL (demo/shop_history.py and its siblings).
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import clock
from backend.models import Device, Parameter, Person, Position, Unit
from brands.models import Brand, KeyProduct, Product
from demo import catalogue, people, policies
from demo.geography import DEMO_PREFECTURE
from demo.guests import DEMO_PASSWORD
from demo.organisation import Organisation
from demo.staging import KEPT_FROM, MONTHS_OF_FACTS, Plan, run
from visits import quiz
from visits.models import DisplayTemplate, Policy, PolicyVersion, TemplateVersion
from visits.parameters import RURAL_M, URBAN_M
from web.boards.parameters import GENERATED

IN_FORCE = DateRange(KEPT_FROM, None)
RELEASED_AT = timedelta(hours=9)  # of the day
MOUNTAINS = "420922"  # Dawu: positions among mountains are worse
TOKEN_LASTS = timedelta(days=30)


def write_tree(organisation: Organisation) -> dict[str, Unit]:
    """The units, parents before children, by code; their ancestors are filled in by the database."""
    written: dict[str, Unit] = {}
    for level, found in groupby(organisation.units, key=lambda unit: unit.level):
        rows = [
            Unit(
                code=unit.code,
                level=level,
                name=unit.name,
                name_en=unit.name_en,
                parent=written[unit.parent_code] if unit.parent_code else None,
                during=IN_FORCE,
            )
            for unit in found
        ]
        written.update((row.code, row) for row in Unit.objects.bulk_create(rows, batch_size=1_000))
    return written


def write_people(organisation: Organisation, units: dict[str, Unit], plan: Plan) -> None:
    """Everybody with a position, and a phone for those who visit; all share the documented demo password.

    The hash is made once: argon2 for each of 3,000 people would take minutes, and the password is public anyway.
    """
    password = make_password(DEMO_PASSWORD)
    found = people.build(organisation, plan.seed)
    rows = [
        Person(username=p.username, name=p.name, name_en=p.name_en, phone=p.phone, password=password) for p in found
    ]
    Person.objects.bulk_create(rows, batch_size=1_000)
    pairs = list(zip(found, rows, strict=True))
    Position.objects.bulk_create(
        [Position(person=row, unit=units[p.unit_code], role_id=p.role, during=IN_FORCE) for p, row in pairs],
        batch_size=1_000,
    )
    visiting = [row for p, row in pairs if p.role == "account_manager"]
    Device.objects.bulk_create([_phone(row, i, plan) for i, row in enumerate(visiting)], batch_size=1_000)


def _phone(person: Person, number: int, plan: Plan) -> Device:
    """Last heard on the evening before the as-of day; every ninth has been silent for days. Nobody holds its token."""
    heard = clock.start_of(plan.as_of) - timedelta(hours=6 + number % 3, days=4 if number % 9 == 7 else 0)
    return Device(
        person=person,
        device_id=f"demo-{person.username}",
        name=f"{person.name}的手机",
        signed_in_at=heard - timedelta(days=20),
        last_used_at=heard,
        expires_at=heard + TOKEN_LASTS,
    )


def write_products(units: dict[str, Unit], plan: Plan) -> None:
    """Brands, products, and the prefecture's key list with its launches. The price class table comes by migration."""
    found = catalogue.products()
    by_brand = {p.brand: p for p in found}
    brands = [
        Brand(name=p.brand, name_en=p.brand_en, maker=p.maker, is_home=p.is_home)
        for p in sorted(by_brand.values(), key=lambda p: p.brand)
    ]
    ids = {brand.name: brand for brand in Brand.objects.bulk_create(brands)}
    rows = {row.code: row for row in Product.objects.bulk_create([_product(p, ids[p.brand]) for p in found])}
    prefectures = [unit for unit in units.values() if unit.level == 2]
    KeyProduct.objects.bulk_create(
        KeyProduct(
            unit=unit,
            product=rows[p.code],
            during=DateRange(max(p.sold_since(plan.as_of) or plan.first, plan.first), None),
            is_launch=p.launched_months_ago is not None,
        )
        for unit in prefectures
        for p in found
        if p.is_key or p.launched_months_ago is not None
    )


def _product(p: catalogue.Product, brand: Brand) -> Product:
    return Product(
        brand=brand,
        code=p.code,
        name=p.name,
        carton_code=p.carton_code,
        pack_code=p.pack_code,
        packs_per_carton=p.packs_per_carton,
        blend=p.blend,
        tar_mg=p.tar_mg,
        guide_pack_fen=p.guide_pack_fen,
        guide_carton_fen=p.guide_carton_fen,
        wholesale_fen=p.wholesale_fen,
        transfer_fen=p.transfer_fen,
    )


def write_templates(units: dict[str, Unit]) -> None:
    """Three display schemes, owned by the province so that every prefecture of a large demo has them."""
    for code, name, items in policies.TEMPLATES:
        scheme = DisplayTemplate.objects.create(unit=units["42"], code=code, name=name)
        TemplateVersion.objects.create(template=scheme, number=1, during=IN_FORCE, items=items)


def write_policies(units: dict[str, Unit], plan: Plan) -> None:
    """A supply policy for each month of facts, superseded by the next month's, and a few that stay; each released once,
    at 09:00 of its day."""
    for step in range(MONTHS_OF_FACTS + 1):
        month, following = clock.add_months(plan.first, step), clock.add_months(plan.first, step + 1)
        if month < plan.as_of:
            code, title, title_en, body, card = policies.supply(month)
            policy = Policy(unit=units["42"], code=code, title=title, title_en=title_en)
            until = following if following < plan.as_of and step < MONTHS_OF_FACTS else None
            _release(policy, (body, card), month, asks=True, until=until)
    for number, (code, title, title_en, body, card) in enumerate(policies.STANDING):
        month = clock.add_months(clock.month_of(plan.as_of), -1 - 3 * number)
        _release(Policy(unit=units["42"], code=code, title=title, title_en=title_en), (body, card), month)


def _release(policy: Policy, text: tuple[str, str], on: date, *, asks: bool = False, until: date | None = None) -> None:
    policy.save()
    asked = policies.QUIZ if asks else []
    PolicyVersion.objects.create(
        quiz=asked,
        quiz_salt=policy.code if asks else "",
        quiz_shown=quiz.shown(asked, policy.code),
        shop_quiz=policies.SHOP_QUIZ if asks else [],
        policy=policy,
        number=1,
        body=text[0],
        card=text[1],
        released_at=clock.start_of(on) + RELEASED_AT,
        superseded_at=until and clock.start_of(until) + RELEASED_AT,
        brief_by=on + timedelta(days=14),
    )


# Everybody who visits reads and passes within three hours; one in six needs a second try.
_PASSES = """
WITH tries AS (
    SELECT p.person_id, p.unit_id, v.id AS version_id, v.released_at, v.quiz, n AS nth,
        abs(hashtext(u.username || y.code)) AS dice
    FROM backend_position p JOIN backend_person u ON u.id = p.person_id CROSS JOIN visits_policyversion v
    JOIN visits_policy y ON y.id = v.policy_id CROSS JOIN generate_series(1, 2) n
    WHERE p.role_id IN ('account_manager', 'market_manager') AND v.quiz <> '[]'),
made AS (
    SELECT *, released_at + (20 + dice %% 140) * interval '1 minute'
        - CASE WHEN nth = 1 THEN interval '10 minutes' ELSE interval '0' END AS answered_at
    FROM tries WHERE nth = 2 OR dice %% 6 = 0),
kept AS (
    INSERT INTO visits_quizattempt (id, person_id, unit_id, policy_version_id, answers, read_at, answered_at,
        received_at, asked, "right", passed, minutes_from_release)
    SELECT md5(person_id::text || version_id || nth)::uuid, person_id, unit_id, version_id, (
            SELECT jsonb_agg(jsonb_build_object('question', i - 1, 'choice',
                ((q->>'right')::int + CASE WHEN nth = 1 AND i <= 2 THEN 1 ELSE 0 END) %% 3) ORDER BY i)
            FROM jsonb_array_elements(quiz) WITH ORDINALITY AS x(q, i)),
        answered_at - interval '9 minutes', answered_at, answered_at + interval '1 minute', jsonb_array_length(quiz),
        jsonb_array_length(quiz) - CASE WHEN nth = 1 THEN 2 ELSE 0 END, nth = 2,
        (extract(epoch FROM answered_at - released_at) / 60)::int
    FROM made RETURNING person_id, policy_version_id, read_at)
INSERT INTO visits_policyreading (id, person_id, policy_version_id, read_at, received_at)
SELECT md5('read' || person_id || policy_version_id)::uuid, person_id, policy_version_id, min(read_at), min(read_at)
FROM kept GROUP BY person_id, policy_version_id
"""


def write_passes() -> None:
    """Everybody who visits passed the quizzes in time to tell the policies. One statement."""
    run(_PASSES, {})


def write_thresholds(units: dict[str, Unit]) -> None:
    """How near is near enough, for the prefecture and for its mountain county; and that all of this was generated."""
    rows = [
        (units[DEMO_PREFECTURE], URBAN_M, 200),
        (units[DEMO_PREFECTURE], RURAL_M, 500),
        (units[MOUNTAINS], RURAL_M, 800),
        (units["CN"], GENERATED, True),
    ]
    Parameter.objects.bulk_create(Parameter(unit=u, key=key, during=IN_FORCE, value=value) for u, key, value in rows)
