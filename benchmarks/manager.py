"""The month of a manager with 186 shops: how long it takes to open, and to accept all that was drafted.

`python -m benchmarks.manager [--quick]`. Figures are of one request in this process (middleware, log-in, queries, JSON)
at the 95th percentile. Beside each stands what the database needs at least, in the same run: the same rows told as
plain JSON, and the same rows updated by one plain statement; these ratios are of CPU, here and in the database.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import measure

MONTH = date(2026, 3, 1)
SHOPS = 186
OPEN_MS, ACCEPT_MS = 150, 300
OVER_SELECT, OVER_UPDATE = 4, 25  # how many times the least that the database needs

_TREE = (
    "SELECT 'CN', 0, NULL::bigint",
    "SELECT 'P', 1, id FROM backend_unit WHERE level = 0",
    "SELECT 'P1', 2, id FROM backend_unit WHERE level = 1",
    "SELECT code || '-' || n, 3, id FROM backend_unit, generate_series(1, {counties}) n WHERE level = 2",
    "SELECT code || '-' || n, 4, id FROM backend_unit, generate_series(1, 4) n WHERE level = 3",
    "SELECT code || '-' || n, 5, id FROM backend_unit, generate_series(1, 5) n WHERE level = 4",
)
_PEOPLE = """
WITH made AS (
    INSERT INTO backend_person (id, password, username, name, name_en, phone, language, is_active, version)
    SELECT md5(u.code)::uuid, '!', u.code, u.code, '', '', 'zh-hans', true, 1 FROM backend_unit u WHERE u.level = 5)
INSERT INTO backend_position (person_id, unit_id, role_id, during, version)
SELECT md5(u.code)::uuid, u.id, 'account_manager', '[2020-01-01,)', 1 FROM backend_unit u WHERE u.level = 5
"""
_SHOPS = """
INSERT INTO retail_retailer (id, code, licence_no, name, holder, address, county_id, datum, opened_on, version)
SELECT md5(u.code || n)::uuid, 'S' || u.id || '-' || n, 'S' || u.id || '-' || n, 'shop ' || n, 'holder', '',
    u.ancestors[4], 'unknown', '2020-01-01', 1
FROM backend_unit u, generate_series(1, %(shops)s) n WHERE u.level = 5
"""
_CLASSES = """
INSERT INTO retail_classification (retailer_id, during, state, business_type, market_type, scale, integrity_grade,
    terminal_type, trade_area, visit_class)
SELECT id, '[2020-01-01,)', 'active', 'B', 'C', 2, '', 'modern', '', 'C' FROM retail_retailer
"""
_ASSIGNED = """
INSERT INTO retail_assignment (retailer_id, territory_id, during)
SELECT md5(u.code || n)::uuid, u.id, '[2020-01-01,)'
FROM backend_unit u, generate_series(1, %(shops)s) n WHERE u.level = 5
"""
# Two findings of every shop, every fifth to be looked at first; the action of each waits for a decision.
_FINDINGS = """
INSERT INTO cycles_finding (id, rule, dimension, retailer_id, territory_id, county_id, is_restricted, severity,
    opened_on, first_month, last_month)
SELECT gen_random_uuid(), 'rule-' || (get_byte(uuid_send(a.retailer_id), 0) + n) %% 6 || '-' || n,
    (ARRAY['client', 'brand', 'market'])[1 + (n + get_byte(uuid_send(a.retailer_id), 1)) %% 3], a.retailer_id,
    a.territory_id, u.ancestors[4], false, CASE WHEN get_byte(uuid_send(a.retailer_id), 2) %% 5 = 0 THEN 1 ELSE 2 END,
    %(month)s, %(month)s, %(month)s
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id, generate_series(1, 2) n
"""
_SIGHTINGS = """
INSERT INTO cycles_sighting (month, finding_id, rule_version, as_of, severity, threshold, figures, evidence)
SELECT %(month)s, id, 1, %(month)s, severity, '{}', '{"baseline": 20, "target": 30, "best": null, "n": 12}',
    '{"kind": "orders", "ids": [], "rows": 0}' FROM cycles_finding
"""
_ACTIONS = """
INSERT INTO cycles_action (id, dimension, retailer_id, territory_id, county_id, month, finding_id, rule, kind,
    parameters, metric, goal, baseline, drafted_target, target, due_on, serves, evidence_needed, state, is_flagged,
    drop_reason, words, version)
SELECT gen_random_uuid(), dimension, retailer_id, territory_id, county_id, %(month)s, id, rule, 'visit', '{}',
    'cartons', 'at_least', 20, 30, 30, %(month)s + 30, 'visit', 1, 'drafted', false, '', '', 1 FROM cycles_finding
"""
# The month before: its actions accepted and measured, every third missed and carried on.
_BEFORE = """
INSERT INTO cycles_action (id, dimension, retailer_id, territory_id, county_id, month, rule, kind, parameters, metric,
    goal, baseline, drafted_target, target, due_on, serves, evidence_needed, state, is_flagged, drop_reason, words,
    version)
SELECT gen_random_uuid(), dimension, retailer_id, territory_id, county_id, %(before)s, rule, 'visit', '{}', 'cartons',
    'at_least', 20, 30, 30, %(month)s - 1, 'visit', 1, 'accepted', false, '', '', 1 FROM cycles_finding
    WHERE get_byte(uuid_send(id), 3) %% 3 = 0
"""
_CARRIED = """
INSERT INTO cycles_improvement (id, dimension, retailer_id, territory_id, county_id, month, origin_id, rule, kind,
    parameters, metric, goal, baseline, target, due_on, state, months_open, reason, opened_on, version)
SELECT gen_random_uuid(), dimension, retailer_id, territory_id, county_id, month, id, rule, kind, '{}', metric, goal,
    20, 30, %(month)s + 30, 'open', 1, '', %(month)s, 1 FROM cycles_action WHERE month = %(before)s
"""
_VISITS = """
INSERT INTO visits_visit (id, month, retailer_id, person_id, territory_id, county_id, on_date, started_at,
    device_started_at, received_at, datum, presence, flags, away_reason, persons_met, note)
SELECT gen_random_uuid(), %(month)s, a.retailer_id, p.person_id, a.territory_id, u.ancestors[4], %(month)s + n * 5,
    now(), now(), now(), 'unknown', 'valid', '{}', '', '', ''
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id
JOIN backend_position p ON p.unit_id = a.territory_id, generate_series(1, 2) n
"""
_LOOKS = """
INSERT INTO visits_observation (month, visit_id, line_no, product_id, carton_price_fen, stock_packs, oos_days)
SELECT v.month, v.id, n, 1 + n, 12000, 10, 0 FROM visits_visit v, generate_series(1, 4) n
"""
_PITCHES = """
INSERT INTO visits_pitch (month, visit_id, line_no, product_id, accepted, refusal, words)
SELECT v.month, v.id, 1, 1, get_byte(uuid_send(v.id), 0) %% 2 = 0, '', '' FROM visits_visit v
"""
_STOPS = """
INSERT INTO visits_plannedstop (id, month, retailer_id, territory_id, county_id, on_date, position, reasons, state,
    miss_reason, words, is_own, version)
SELECT gen_random_uuid(), %(month)s, a.retailer_id, a.territory_id, u.ancestors[4], %(month)s + n * 9, 1, '[]',
    'planned', '', '', false, 1
FROM retail_assignment a JOIN backend_unit u ON u.id = a.territory_id, generate_series(1, 2) n
"""
_FORECASTS = """
INSERT INTO cycles_forecast (id, month, unit_id, model_cartons, last_month_cartons, parts, cartons, reason, made_at,
    version)
SELECT gen_random_uuid(), %(month)s, id, 30000, 29000, '{}', 30000, '', now(), 1 FROM backend_unit WHERE level = 5
"""
# What the paper of one territory speaks of, told as it stands in the tables.
_SAME_ROWS = (
    "SELECT json_agg(f) FROM (SELECT f.*, s.figures FROM cycles_finding f JOIN cycles_sighting s"
    " ON s.month = %(month)s AND s.finding_id = f.id WHERE f.territory_id = %(territory)s) f",
    "SELECT json_agg(a) FROM cycles_action a WHERE a.month = %(month)s AND a.territory_id = %(territory)s",
    "SELECT json_agg(i) FROM cycles_improvement i WHERE i.territory_id = %(territory)s",
    "SELECT json_agg(p) FROM visits_plannedstop p WHERE p.territory_id = %(territory)s",
    "SELECT json_agg(v) FROM visits_visit v WHERE v.month = %(month)s AND v.territory_id = %(territory)s",
    "SELECT json_agg(o) FROM visits_visit v JOIN visits_observation o ON o.month = v.month AND o.visit_id = v.id"
    " WHERE v.month = %(month)s AND v.territory_id = %(territory)s",
    "SELECT json_agg(c) FROM cycles_retailercycle c WHERE c.month = %(month)s AND c.territory_id = %(territory)s",
)
_SAME_UPDATE = """
UPDATE cycles_action SET state = 'accepted', decided_at = now(), version = version + 1
WHERE month = %(month)s AND territory_id = %(territory)s AND state = 'drafted'
"""


@dataclass(frozen=True)
class Manager:
    """An account manager: her phone, her territory, the address of her month."""

    client: Any
    person: Any
    territory: Any
    path: str


def main() -> int:
    asked = measure.arguments(__doc__ or "")
    with measure.database("manager", around=MONTH):
        from backend import clock

        with clock.at(datetime(2026, 3, 16, 10, tzinfo=clock.BUSINESS_ZONE)):
            began = time.perf_counter()
            _seed(1 if asked.quick else 6)
            managers = _managers(8 if asked.quick else 24)
            measure.say(f"seeded in {time.perf_counter() - began:.0f} s")
            passed = _open(managers, rounds=5)
            return 0 if _accept(managers) and passed else 1


def _seed(counties: int) -> None:
    """A prefecture of 20 territories a county, 186 shops in each, with a month in full swing."""
    from django.db import connection

    from cycles import month as months

    named: dict[str, Any] = {"month": MONTH, "before": date(2026, 2, 1), "shops": SHOPS}
    with connection.cursor() as cursor:
        for select in _TREE:
            cursor.execute(
                "INSERT INTO backend_unit (code, level, parent_id, name, name_en, ancestors, during, version)"
                " SELECT code, level, parent, code, '', '{}', '[2020-01-01,)', 1 FROM ("
                + select.format(counties=counties)
                + ") AS s(code, level, parent)"
            )
        cursor.execute(_PEOPLE, named)
        cursor.execute("SET session_replication_role = replica")  # keys are right by making; their checks cost most
        for statement in (_SHOPS, _CLASSES, _ASSIGNED):
            cursor.execute(statement, named)
        cursor.execute("SET session_replication_role = origin")
    months.open_month(MONTH)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("improvement", "result", "evidence", "action", "sighting", "finding", "forecast"):
            cursor.execute(f"DELETE FROM cycles_{table}")
        cursor.execute("DELETE FROM visits_plannedstop")
        for statement in (_FINDINGS, _SIGHTINGS, _ACTIONS, _BEFORE, _CARRIED, _VISITS, _LOOKS, _PITCHES, _STOPS,
                          _FORECASTS):  # fmt: skip
            cursor.execute(statement, named)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")
        for table in ("retail_retailer", "cycles_finding", "cycles_action", "visits_visit", "visits_observation"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            measure.say(f"{cursor.fetchone()[0]:,} rows in {table}")


def _managers(count: int) -> list[Manager]:
    from rest_framework.test import APIClient

    from backend import clock
    from backend.models import Device
    from cycles.models import ManagerCycle

    found = []
    rows = ManagerCycle.objects.filter(month=MONTH, role="account_manager").select_related("person", "unit")
    for row in rows.order_by("unit__code")[:count]:
        token, now = secrets.token_urlsafe(32), clock.now()
        Device.objects.create(
            person=row.person,
            device_id=f"bench-{row.pk}",
            name="bench",
            token_hash=sha256(token.encode()).digest(),
            signed_in_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=30),
        )
        client = APIClient(SERVER_NAME="localhost")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        found.append(Manager(client, row.person, row.unit, f"/api/v1/manager-cycles/{row.pk}"))
    return found


def _open(managers: list[Manager], rounds: int) -> bool:
    """Each manager's month is opened some times; the same rows are told as JSON between."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ours, least, queries = [], [], set()
    for one in managers:
        answer = one.client.get(one.path)
        if answer.status_code != 200:
            raise SystemExit(f"the month answered {answer.status_code}: {answer.content[:300]!r}")
        with CaptureQueriesContext(connection) as counted:
            one.client.get(one.path)
        queries.add(len(counted))
        for _ in range(rounds):
            ours.append(_cost(lambda one=one: one.client.get(one.path)))  # type: ignore[misc]
            least.append(_cost(lambda one=one: _same_rows(one.territory.pk)))  # type: ignore[misc]
    said = sum(len(cell["sentences"]) for cell in answer.json()["cells"])
    same = "constant" if len(queries) == 1 else f"NOT constant: {sorted(queries)}"
    measure.say(
        f"the month of {SHOPS} shops: {_told(ours)}, {max(queries)} queries ({same}), {said} sentences;"
        f" the same rows as JSON: {_told(least)}"
    )
    passed = measure.figure("manager_month_p95_over_150ms", _p95_wall(ours) / OPEN_MS, 1, at_most=True)
    passed &= measure.figure("manager_month_over_select", _p95_cpu(ours) / _p95_cpu(least), OVER_SELECT, at_most=True)
    return passed and len(queries) == 1


def _same_rows(territory: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in _SAME_ROWS:
            cursor.execute(statement, {"month": MONTH, "territory": territory})
            json.dumps(cursor.fetchone()[0])


def _accept(managers: list[Manager]) -> bool:
    """All that was drafted for 186 shops is accepted, once for each manager; the plain update is taken back."""
    from django.db import connection, transaction

    from backend.scope import actor_of
    from cycles import actions

    ours, least, taken = [], [], set()
    for one in managers:

        def plain(territory: int = one.territory.pk) -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_SAME_UPDATE, {"month": MONTH, "territory": territory})
                transaction.set_rollback(True)

        least.append(_cost(plain))
        actor = actor_of(one.person)
        outcomes: list[Any] = []

        def accept(one: Manager = one, actor: Any = actor, outcomes: list[Any] = outcomes) -> None:
            outcomes += actions.accept_all(actor=actor, month=MONTH, territory=one.territory)

        ours.append(_cost(accept))
        taken.add(len([outcome for outcome in outcomes if outcome.outcome == "accepted"]))
    measure.say(
        f"accept-all of {SHOPS} shops ({min(taken)} actions each): {_told(ours)};"
        f" one plain update of the same rows: {_told(least)}"
    )
    passed = measure.figure("accept_all_p95_over_300ms", _p95_wall(ours) / ACCEPT_MS, 1, at_most=True)
    over = _p95_cpu(ours) / _p95_cpu(least)
    return measure.figure("accept_all_over_update", over, OVER_UPDATE, at_most=True) and passed


def _cost(act: Callable[[], object]) -> measure.Spent:
    """What one act costs, here and in the database."""
    from django.db import connection

    connection.ensure_connection()
    meter = measure.Meter([measure.backend_pid(connection.connection)])
    with meter.running():
        act()
    return meter.spent


def _p95_wall(spent: list[measure.Spent]) -> float:
    return _p95([one.wall * 1000 for one in spent])


def _p95_cpu(spent: list[measure.Spent]) -> float:
    return _p95([one.cpu * 1000 for one in spent])


def _told(spent: list[measure.Spent]) -> str:
    return f"p95 {_p95_wall(spent):.1f} ms wall, {_p95_cpu(spent):.1f} ms of CPU"


def _p95(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[int(len(milliseconds) * 0.95)]


if __name__ == "__main__":
    sys.exit(main())
