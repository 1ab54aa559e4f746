"""The shape of the house: imports and foreign keys point down, every model says who may see it, no drawers."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from backend.kpis import catalogue
from backend.scope import Scope

ROOT = Path(__file__).resolve().parents[2]
DOWNWARD = ("cycles", "market", "visits", "brands", "retail", "backend")
APPS = ("config", "demo", "web", *DOWNWARD)
DRAWERS = {"utils", "helpers", "common", "misc", "services", "managers", "signals"}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in DOWNWARD]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_links_point_down(model: type[models.Model]) -> None:
    allowed = DOWNWARD[DOWNWARD.index(model._meta.app_label) :]
    linked = [f.related_model for f in model._meta.get_fields() if f.many_to_one and f.concrete and f.related_model]
    upward = [str(other) for other in linked if other._meta.app_label not in allowed]
    assert upward == []


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_every_model_says_who_may_see_it(model: type[models.Model]) -> None:
    assert isinstance(getattr(model, "SCOPE", None), Scope)


def test_no_drawers() -> None:
    assert [str(p) for p in tracked() if DRAWERS & {p.stem, *p.parts}] == []


def test_no_signals_and_no_second_clock() -> None:
    """News travels by rows, and "now" comes from backend/clock.py alone."""
    offenders = []
    for path in tracked():
        if path.parts[0] not in APPS or path == Path("backend/clock.py"):
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db.models.signals"):
                offenders.append(f"{path}:{node.lineno} signals")
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "date.today",
                "datetime.date.today",
                "datetime.now",
                "datetime.utcnow",
                "timezone.now",
                "timezone.localdate",
            }:
                offenders.append(f"{path}:{node.lineno} {ast.unparse(node.func)}")
    allowed = {"demo", "config"}  # the simulated phones and the supervisor have clocks of their own
    assert [o for o in offenders if o.split("/")[0] not in allowed] == []


def test_one_place_says_which_visits_count_and_which_numbers_locks_have() -> None:
    """Else one of thirty statements would be forgotten, and two locks would be one."""
    rule = re.compile(r"presence NOT IN \('|advisory_(xact_)?lock(_shared)?\(\d")
    found = [str(path) for path in tracked() if path.parts[0] in APPS and "migrations" not in path.parts
             and rule.search((ROOT / path).read_text())]  # fmt: skip
    assert found == []


def test_every_figure_is_told_in_the_method() -> None:
    """Else a number on a board has a formula that no reader finds."""
    told = (ROOT / "docs/method.md").read_text()
    assert [kpi.id for kpi in catalogue() if f"`{kpi.id}`" not in told] == []


def test_every_file_that_a_docstring_names_exists() -> None:
    """Else a reader who asks who calls a module is sent to a file that was split or renamed."""
    ours = [str(path) for path in tracked()]
    missing = []
    for path in tracked():
        if path.parts[0] in APPS and "migrations" not in path.parts:
            told = ast.get_docstring(ast.parse((ROOT / path).read_text())) or ""
            for name in re.findall(r"(?<![\w*./-])[a-z_][a-z_/]*\.py\b", told):
                if not any(f"/{one}".endswith(f"/{name}") for one in ours):
                    missing.append(f"{path}: {name}")
    assert missing == []
