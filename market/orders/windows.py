"""Order windows: set, changed, removed by data stewards; when a shop may order next. Called by windows_api.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from backend import audit, clock
from backend.errors import Problem
from backend.models import Unit
from backend.reach import require_unit
from backend.scope import Actor
from market.models import OrderWindow
from retail.models import Assignment, Retailer

EDIT = "market.edit"


@dataclass(frozen=True)
class Next:
    """The window that is open or opens next: for orders of that day."""

    order_on: date
    opens_at: datetime
    closes_at: datetime


def add(*, actor: Actor, values: Mapping[str, Any]) -> OrderWindow:
    """The unit's shops of an order weekday may order in this window. Problems not_found, conflict (there is one)."""
    require_unit(actor, EDIT, values["unit"].pk)
    if OrderWindow.objects.filter(unit=values["unit"], order_weekday=values["order_weekday"]).exists():
        raise Problem("conflict")
    with transaction.atomic():
        made = OrderWindow.objects.create(**values)
        audit.record(actor, "order_window.add", made, after=audit.snapshot(made), unit_id=made.unit_id)
    return made


def change(*, actor: Actor, window: OrderWindow, values: Mapping[str, Any]) -> OrderWindow:
    """The window is another one from now on. Problem not_found. The caller holds the row's lock."""
    require_unit(actor, EDIT, window.unit_id)
    before = audit.snapshot(window)
    for name, value in values.items():
        setattr(window, name, value)
    window.version += 1
    with transaction.atomic():
        window.save()
        after = audit.snapshot(window)
        audit.record(actor, "order_window.change", window, before=before, after=after, unit_id=window.unit_id)
    return window


def remove(*, actor: Actor, window: OrderWindow) -> None:
    """The unit has no window of its own for that weekday. Problem not_found. The caller holds the row's lock."""
    require_unit(actor, EDIT, window.unit_id)
    with transaction.atomic():
        audit.record(actor, "order_window.remove", window, before=audit.snapshot(window), unit_id=window.unit_id)
        window.delete()


def of_shop(shop: Retailer, moment: datetime) -> tuple[OrderWindow, Next] | None:
    """The window of the shop's order weekday at the nearest unit above it, and when it is next open; None without one.
    Three queries."""
    if shop.order_weekday is None:
        return None
    held = Assignment.objects.filter(retailer=shop, during__contains=clock.business_date(moment)).first()
    above = Unit.objects.values_list("ancestors", flat=True).get(pk=held.territory_id if held else shop.county_id)
    windows = OrderWindow.objects.filter(unit__in=above, order_weekday=shop.order_weekday).select_related("unit")
    nearest = max(windows, key=lambda window: window.unit.level, default=None)
    return (nearest, following(nearest, moment)) if nearest else None


def following(window: OrderWindow, moment: datetime) -> Next:
    """The first window that closes after the moment."""
    today = clock.business_date(moment)
    day = today + timedelta(days=(window.order_weekday - today.isoweekday()) % 7)
    while True:
        closes_on = _last(window.closes_weekday, day)
        opens_on = _last(window.opens_weekday, closes_on)
        if opens_on == closes_on and window.opens_at >= window.closes_at:
            opens_on -= timedelta(days=7)
        closes_at = datetime.combine(closes_on, window.closes_at, clock.BUSINESS_ZONE)
        if closes_at > moment:
            return Next(day, datetime.combine(opens_on, window.opens_at, clock.BUSINESS_ZONE), closes_at)
        day += timedelta(days=7)


def _last(weekday: int, day: date) -> date:
    """The last such weekday that is not after the day."""
    return day - timedelta(days=(day.isoweekday() - weekday) % 7)
