"""A month of the chain written straight to the tables: what the drafts of managers' months speak of in the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from backend import clock
from backend.models import Unit
from brands.models import Product
from cycles.models import (
    Action,
    AdviceSheet,
    Evidence,
    Finding,
    Forecast,
    Improvement,
    Result,
    Sighting,
)
from market.models import Order
from retail.models import Retailer
from tests.cast import Cast
from tests.cycles.facts import land_visit
from visits.models import PlannedStop

MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


@dataclass(frozen=True)
class About:
    """Whom a fact of the chain is about."""

    territory: Unit
    shop: Retailer | None = None
    product: Product | None = None

    def columns(self) -> dict[str, Any]:
        subject = {"retailer": self.shop} if self.shop else {"unit": self.territory, "product": self.product}
        return {**subject, "territory": self.territory, "county_id": self.territory.ancestors[3]}


def find(
    about: About, rule: str, *, dimension: str = "client", severity: int = 2, since: date = MARCH, **more: Any
) -> Finding:
    """A finding sighted in March; `since` is its first month."""
    finding = Finding.objects.create(
        **about.columns(),
        dimension=dimension,
        rule=rule,
        severity=severity,
        opened_on=more.pop("opened_on", since),
        first_month=since,
        last_month=MARCH,
        is_restricted=more.pop("restricted", False),
    )
    Sighting.objects.create(
        month=MARCH,
        finding_id=finding.pk,
        rule_version=1,
        as_of=date(2026, 2, 28),
        severity=severity,
        threshold={},
        figures=more.pop("figures", {}),
        evidence={"kind": "orders", "ids": [], "rows": 0},
    )
    return finding


def act(about: About, *, dimension: str = "client", state: str = "accepted", **more: Any) -> Action:
    """An action of March: 30 cartons where 20 were, wanting one visit."""
    return Action.objects.create(
        **about.columns(),
        month=more.pop("month", MARCH),
        dimension=dimension,
        rule="test",
        kind="test",
        metric="cartons",
        goal="at_least",
        baseline=Decimal(20),
        drafted_target=Decimal(30),
        target=Decimal(30),
        due_on=date(2026, 3, 31),
        serves=more.pop("serves", "visit"),
        state=state,
        drop_reason="later" if state == "dropped" else "",
        **more,
    )


def serve(cast: Cast, action: Action, shop: Retailer, on: date) -> None:
    """A visit of the shop that is evidence of the action."""
    visit = land_visit(cast, shop, on)
    Evidence.objects.create(action=action, visit_id=visit, month=MARCH, on_date=on, attached_by="visit", lines=1)


def measure(action: Action, outcome: str, *, reason: str = "") -> Result:
    value = None if outcome == "not_measurable" else Decimal(35 if outcome == "hit" else 22)
    return Result.objects.create(
        action=action, value=value, outcome=outcome, evidence_count=1, measured_at=clock.now(), reason=reason
    )


def improve(action: Action, state: str, *, months_open: int = 0) -> Improvement:
    """What a missed action became."""
    closed = state in {"met", "partly", "dropped"}
    columns = {name: getattr(action, name) for name in ("retailer", "unit", "product", "territory", "county")}
    return Improvement.objects.create(
        **columns,
        month=action.month,
        origin=action,
        dimension=action.dimension,
        rule="test",
        kind="test",
        metric="cartons",
        goal="at_least",
        baseline=Decimal(20),
        target=Decimal(30),
        due_on=date(2026, 4, 30),
        state=state,
        months_open=months_open,
        outcome=Decimal(31) if state in {"met", "partly"} else None,
        reason="不再经营" if state == "dropped" else "",
        opened_on=action.month,
        closed_on=date(2026, 3, 10) if closed else None,
    )


def stop(shop: Retailer, territory: Unit, on: date, state: str = "planned", **more: Any) -> PlannedStop:
    return PlannedStop.objects.create(
        month=MARCH,
        retailer=shop,
        territory=territory,
        county_id=territory.ancestors[3],
        on_date=on,
        position=1,
        state=state,
        **more,
    )


def foresee(territory: Unit, model: int, *, cartons: int | None = None, reason: str = "") -> Forecast:
    decided = datetime(2026, 3, 2, 9, tzinfo=clock.BUSINESS_ZONE) if cartons is not None else None
    return Forecast.objects.create(
        month=MARCH,
        unit=territory,
        model_cartons=model,
        last_month_cartons=1_500,
        parts={"months": 6},
        cartons=model if cartons is None else cartons,
        reason=reason,
        made_at=clock.now(),
        decided_at=decided,
    )


def order(shop: Retailer, territory: Unit, on: date, cartons: int, *, amount_fen: int = 0) -> Order:
    return Order.objects.create(
        month=on.replace(day=1),
        order_no=f"O-{shop.code}-{on}",
        retailer=shop,
        territory=territory,
        county_id=territory.ancestors[3],
        on_date=on,
        cartons=cartons,
        amount_fen=amount_fen,
    )


NO_FIGURES: dict[str, Any] = {
    "cartons": 0,
    "cartons_before": 0,
    "amount_fen": 0,
    "carton_price_fen": None,
    "margin_fen": None,
    "margin_percent": None,
    "margin_cartons": 0,
    "earners": [],
    "stock_packs": None,
    "stock_days": None,
}


def advise(cast: Cast, shop: Retailer, words: str = "", *, at: datetime | None = None) -> AdviceSheet:
    return AdviceSheet.objects.create(
        month=MARCH,
        retailer=shop,
        territory=cast.territory,
        person=cast.lin,
        figures=NO_FIGURES,
        words=words,
        written_at=at or clock.now(),
    )
