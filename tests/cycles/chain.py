"""A rule of the tests' own, and findings as analysis leaves them: what the tests of the chain start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from backend.models import Unit
from brands.models import Product
from cycles.grid import Dimension
from cycles.models import Action, Finding, Goal, Sighting
from cycles.rules import rule as registry
from cycles.rules.rule import Proposal, Rule
from cycles.sentences import _known
from retail.models import Retailer

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
FIGURES = {"now": 5, "before": 10, "baseline": 5, "target": 10, "best": 12}

FELL = Rule(
    code="test_fell", version=1, dimension=Dimension.CLIENT, subject="shop", name="测试下滑", name_en="test: fell",
    reads="orders", zh="本期 {now:n} 条，上期 {before:n} 条。", en="{now:n} cartons, {before:n} before.", find="",
    bases=(), severity=2,
    proposal=Proposal("test_win_back", "把订货量恢复到 {target:n} 条", "bring orders back to {target:n} cartons",
                      "cartons", Goal.AT_LEAST, Action.Serves.VISIT),
)  # fmt: skip
OUT = Rule(
    code="test_out", version=1, dimension=Dimension.BRAND, subject="shop", name="测试断货", name_en="test: out",
    reads="looks", zh="{products:list} 断货。", en="{products:list} out of stock.", find="", bases=(), severity=2,
    proposal=Proposal("test_restock", "跟进断货商品", "see to what is out of stock", "visits", Goal.AT_LEAST,
                      Action.Serves.OBSERVATION, evidence_needed=2, due_days=10),
)  # fmt: skip
QUIET = Rule(
    code="test_quiet", version=1, dimension=Dimension.MARKET, subject="shop", name="测试提示", name_en="test: quiet",
    reads="looks", zh="提示", en="note", find="", bases=(), severity=3,
)  # fmt: skip
RULES = (FELL, OUT, QUIET)


@contextmanager
def rules_of_tests(*more: Rule) -> Iterator[None]:
    """Only these rules exist."""
    held, said = dict(registry._rules), dict(_known)
    registry._rules.clear()
    registry.add(*RULES, *more)
    try:
        yield
    finally:
        registry._rules.clear()
        registry._rules.update(held)
        _known.clear()
        _known.update(said)


def find(
    rule: Rule, subject: Retailer | Unit, territory: Unit, figures: dict[str, Any], *, month: date = MARCH,
    severity: int | None = None, restricted: bool = False, product: Product | None = None,
) -> Finding:  # fmt: skip
    """A finding with its sighting in the month; one that is open already is sighted again."""
    shop = subject if isinstance(subject, Retailer) else None
    unit = subject if isinstance(subject, Unit) else None
    found, _ = Finding.objects.get_or_create(
        rule=rule.code, retailer=shop, unit=unit, product=product, closed_on=None,
        defaults={
            "dimension": str(rule.dimension), "territory": territory, "county_id": territory.ancestors[3],
            "is_restricted": restricted, "severity": severity or rule.severity, "opened_on": month,
            "first_month": month, "last_month": month,
        },
    )  # fmt: skip
    Finding.objects.filter(pk=found.pk).update(last_month=month)
    Sighting.objects.update_or_create(
        month=month, finding_id=found.pk,
        defaults={
            "rule_version": rule.version, "as_of": month, "severity": severity or rule.severity,
            "threshold": {"limit": 0.8}, "figures": figures, "evidence": {"kind": "order", "ids": [], "rows": 0},
        },
    )  # fmt: skip
    return found
