"""`/devices`: who has how much unsent on a phone, and since when; for those who manage the people that carry them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse

from backend import clock
from backend.filters import DeviceFilters
from backend.http.auth import actor
from backend.models import Device, DeviceState
from backend.scope import visible_to
from web.boards import acts, field_place

READ = "devices.read"
MOST = 200


@acts.page
def devices(request: HttpRequest) -> HttpResponse:
    """`/devices?holds_unsent=&state=`: phones, what is longest unsent first; without `state` those in use. Five
    queries."""
    here, who = field_place.of(request, READ, "holds_unsent", "state"), actor(request)
    listed = field_place.narrowed(request, here, "holds_unsent", "state")
    rows = visible_to(Device.objects.select_related("person"), who)
    filters = DeviceFilters({"state": DeviceState.ACTIVE, **listed.kept}, queryset=rows)
    if not filters.is_valid():
        raise field_place.bad(next(iter(filters.errors)))
    found = filters.qs.order_by(F("oldest_unsent_at").asc(nulls_last=True), "-unsent", "-last_used_at", "id")
    sums = filters.qs.order_by().aggregate(
        phones=Count("pk"), holding=Count("pk", filter=Q(unsent__gt=0)), n=Sum("unsent")
    )
    told: dict[str, Any] = {
        "here": here,
        "listed": listed,
        "states": listed.choices("state", DeviceState.choices[1:], str(DeviceState.ACTIVE.label)),
        "sums": sums,
        "rows": list(found[:MOST]),
        "more": max(0, sums["phones"] - MOST),
        "now": clock.now(),
    }
    return acts.shown(request, "boards/devices.html", told, None)
