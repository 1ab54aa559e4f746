"""Every GET costs the queries that tests/query_budgets.json says, whatever the number of rows.

Where a number is meant to move, `python -m tests.query_budgets` writes it, and the commit shows it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from backend import clock
from tests.cast import NOW
from tests.counting import MANAGER, READERS, measure, reads
from tests.many import grow
from tests.query_budgets import Counts, accept, budgets
from tests.walk.principals import browser, phones
from tests.walk.world import build_world

FEW, MANY = 3, 30
OF_ONE_SIZE = {  # what tells of the system or of oneself, a board that is one unit's, and groups however large
    "GET /api/v1/advice-sheets/alike",
    "GET /api/v1/alert-rules/<int:pk>/tried",
    "GET /api/v1/alert-rules/shipped",
    "GET /api/v1/boards/blocks",
    "GET /api/v1/boards/compliance",
    "GET /api/v1/boards/concentration",
    "GET /api/v1/collection-points/proposed",
    "GET /api/v1/boards/fairness",
    "GET /api/v1/boards/compare",
    "GET /api/v1/boards/figures",
    "GET /api/v1/boards/market",
    "GET /api/v1/boards/periods",
    "GET /api/v1/boards/shapes",
    "GET /api/v1/boards/method",
    "GET /api/v1/calendar-days/<str:day>",
    "GET /api/v1/export-kinds",
    "GET /api/v1/exports/<uuid:pk>/file",
    "GET /api/v1/exports/<uuid:pk>/manifest",
    "GET /api/v1/import-kinds/<slug:kind>",
    "GET /api/v1/intelligence/digest",
    "GET /api/v1/intelligence/trends",
    "GET /api/v1/kpis",
    "GET /api/v1/me",
    "GET /api/v1/me/mail",
    "GET /api/v1/months/<str:month>/figures",
    "GET /api/v1/months/<str:month>/prefectures/<int:unit>",
    "GET /api/v1/order-windows/of-shop",
    "GET /api/v1/parameters",
    "GET /api/v1/photos/<uuid:pk>/exif",
    "GET /api/v1/policy-versions/<int:pk>/reach",
    "GET /api/v1/products/<int:pk>/prices",
    "GET /api/v1/reports/<uuid:pk>/pdf",
    "GET /api/v1/retailers/<uuid:pk>/template",
    "GET /api/v1/roles",
    "GET /api/v1/rules",
    "GET /api/v1/rules/<str:code>",
    "GET /api/v1/second-touches",
    "GET /api/v1/trainings/figures",
    "GET /api/v1/visits/<uuid:pk>/score",
    "GET /devices",
    "GET /field/checks",
    "GET /field/checks/<uuid:visit_id>",
    "GET /exports/<uuid:pk>/progress",
    "GET /filters",
    "GET /imports/<uuid:pk>/progress",
    "GET /intelligence/trends",
    "GET /market/subject",
    "GET /months/mine",
    "GET /policies/<int:pk>/second-touch",
    "GET /policies/<int:pk>/shops",
    "GET /policies/shops",
    "GET /reports/<uuid:pk>/pdf",
    "GET /sync/<slug:collection>/<int:version>/pull",  # tells what verbs did; with 3 and 30 of it in tests/sync
}


@dataclass(frozen=True)
class Found:
    """What was measured with few rows and with many."""

    few: Counts
    many: Counts
    few_rows: dict[str, int]
    many_rows: dict[str, int]


@pytest.fixture(scope="module")
def found(django_db_setup: None, django_db_blocker: Any) -> Found:
    """Measures once for the module, in a world that is taken back as a whole."""
    logging.disable(logging.ERROR)  # hundreds of requests: a log line each would take longer
    with django_db_blocker.unblock(), transaction.atomic(), clock.at(NOW):
        world = build_world()
        clients = phones(world.cast)
        browsers = {name: browser(world.cast.people[name]) for name in (*READERS, MANAGER) if name != "anonymous"}
        browsers["anonymous"] = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
        grow(world, range(FEW))
        few, few_rows = measure(world, clients, browsers, is_first=True)
        grow(world, range(FEW, MANY))
        many, many_rows = measure(world, clients, browsers, is_first=False)
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)
    accept(many)
    return Found(few, many, few_rows, many_rows)


def test_the_file_names_every_get_and_no_other(found: Found) -> None:
    assert sorted(budgets()) == sorted(reads())


def test_with_few_rows_every_get_costs_what_the_file_says(found: Found) -> None:
    assert found.few == budgets()


def test_with_ten_times_the_rows_every_get_costs_the_same(found: Found) -> None:
    assert found.many == budgets()


def test_what_was_measured_with_many_rows_had_more_of_them(found: Found) -> None:
    """A list that found nothing more to tell would prove nothing."""
    lists = {name for name, by in found.many.items() if not name.endswith("pk>") and "anonymous" not in by}
    still = {name for name in lists if found.many_rows[name] <= max(found.few_rows[name], MANY - 1)}
    assert still <= OF_ONE_SIZE
