"""What an analysis of March says of a subject, its proof checked: for the tests of the brand and market rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from backend.models import Parameter, Unit
from brands.models import Product
from cycles import proof
from cycles.analyze import analyze
from cycles.models import Finding, Sighting
from cycles.rules.rule import rule
from cycles.sentences import say
from market.orders import loading
from market.orders.loading import StockRow
from retail.models import Retailer
from tests.cast import Cast, make_shop
from tests.cycles.orders import order

MARCH = date(2026, 3, 1)
AS_OF = date(2026, 3, 16)


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def set_to(cast: Cast, key: str, value: Any) -> None:
    Parameter.objects.create(unit=cast.prefecture, key=key, during=DateRange(date(2026, 1, 1), None), value=value)


def told(code: str, subject: Retailer | Unit, product: Product | None = None) -> dict[str, Any] | None:
    """The figures of the finding, or None where the rule does not hold. Its evidence finds as many rows as it says, and
    its sentences can be said."""
    analyze(MARCH, AS_OF)
    about = {"retailer": subject} if isinstance(subject, Retailer) else {"unit": subject}
    found = Finding.objects.filter(rule=code, product=product, closed_on=None, **about).first()
    if found is None:
        return None
    seen = Sighting.objects.get(month=MARCH, finding_id=found.pk)
    records = proof.find(seen.evidence)
    assert (records.rows, len(records.ids)) == (records.rows, min(records.rows, proof.KEPT)), code
    assert records.rows > 0
    asked = rule(code)
    for english in (False, True):
        assert say(asked.template, asked.version, seen.figures, english=english)
        if asked.proposal:
            assert say(f"action.{asked.proposal.kind}", 1, seen.figures, english=english)
    if asked.proposal:
        assert {"baseline", "target", "best"} <= seen.figures.keys()
    assert {one.key for one in asked.thresholds} == seen.threshold.keys()
    return dict(seen.figures)


def some(figures: dict[str, Any] | None, *names: str) -> tuple[Any, ...] | None:
    """These figures, in order."""
    return None if figures is None else tuple(figures[name] for name in names)


def chinese(code: str, figures: dict[str, Any] | None) -> str:
    assert figures is not None
    return say(rule(code).template, rule(code).version, figures, english=False)


def shops(territory: Unit, count: int, *, first: int = 300) -> list[Retailer]:
    """More shops of the class of Lin's."""
    return [make_shop(territory, first + number) for number in range(count)]


def bought(territory: Unit, product: Product, shop: Retailer, *cartons: int) -> None:
    """One order of the product in each four-week window, the newest first; nothing in a window of 0."""
    for window, ordered in enumerate(cartons):
        if ordered:
            order(shop, territory, ago(28 * window + 2), ordered, lines={product.pk: (ordered, ordered)})


def counted(product: Product, some_shops: Iterable[Retailer], before: int, now: int) -> None:
    """Packs of the product in each shop 28 days apart: nothing ordered between, the difference was sold in a window."""
    loading.load_stock_counts(
        row
        for shop in some_shops
        for row in (
            StockRow(shop.code, product.code, ago(29), before, "count"),
            StockRow(shop.code, product.code, ago(1), now, "count"),
        )
    )
