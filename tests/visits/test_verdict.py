"""What the server makes of clocks and positions: presence, flags, corrected times and the month of a visit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import given
from hypothesis import strategies as st

from backend import clock
from backend.models import Parameter
from retail import places
from tests.cast import NOW, SHOP_LAT, SHOP_LON, Cast
from tests.visits.checks import photo
from tests.visits.items import encoded, item, place, receive
from visits import verdict, wire
from visits.models import Visit

db = pytest.mark.django_db


def sent(cast: Cast, **changes: Any) -> Visit:
    """The stored visit of one accepted item."""
    [outcome] = receive(cast.actor("lin"), item(cast, **changes))
    assert outcome.word == "created"
    return Visit.objects.get(pk=outcome.submission_id)


@db
@pytest.mark.parametrize(
    ("where", "distance", "presence", "flags"),
    [
        (place(85), 85.0, "valid", []),
        (place(219), 219.0, "valid", []),  # 219 - 20 <= 200
        (place(221), 221.0, "to_verify", ["too_far", "no_reason"]),
        (place(640), 640.0, "to_verify", ["too_far", "no_reason"]),
        (place(640, accuracy_m=500), 640.0, "valid", []),
        (place(85, mock=True), 85.0, "to_verify", ["mock_location"]),
        (place(85, datum="unknown"), None, "unknown", []),
        (place(85, datum="unknown", mock=True), None, "to_verify", ["mock_location"]),
        (None, None, "unknown", []),
    ],
)
def test_presence_follows_the_distance_less_the_accuracy(
    cast: Cast, where: dict[str, Any] | None, distance: float | None, presence: str, flags: list[str]
) -> None:
    visit = sent(cast, place=where)
    assert (visit.distance_m, visit.presence, visit.flags) == (distance, presence, flags)


@db
def test_640_metres_away_with_a_reason_and_a_photo_is_stored_to_verify(cast: Cast) -> None:
    visit = sent(cast, place=place(640), away_reason="门前修路，在路口见面", photos=[photo("away")])
    assert (visit.presence, visit.flags, visit.away_reason) == ("to_verify", ["too_far"], "门前修路，在路口见面")


@db
def test_a_rural_shop_and_one_of_unknown_market_type_have_the_wider_limit(cast: Cast) -> None:
    shop = cast.shops[0]
    shop.classifications.update(market_type="X")
    assert sent(cast, place=place(519)).presence == "valid"
    assert sent(cast, place=place(521)).presence == "to_verify"
    shop.classifications.all().delete()
    assert sent(cast, place=place(519)).presence == "valid"


@db
def test_a_prefectures_own_limit_holds_from_its_day_on(cast: Cast) -> None:
    Parameter.objects.create(
        unit=cast.prefecture, key="visits.near_m_urban", during=DateRange(date(2026, 3, 16), None), value=100
    )
    assert sent(cast, place=place(150)).presence == "to_verify"
    yesterday = sent(cast, place=place(150), started_at="2026-03-15T10:00:00+08:00", ended_at=...)
    assert yesterday.presence == "valid"


@db
def test_a_shop_without_a_point_or_a_datum_is_never_flagged(cast: Cast) -> None:
    shop = cast.shops[0]
    shop.datum = "unknown"
    shop.save()
    assert (sent(cast, place=place(5000)).presence, sent(cast, place=place(5000)).flags) == ("unknown", [])
    shop.lon = shop.lat = None
    shop.datum = "WGS-84"
    shop.save()
    assert sent(cast, place=place(5000)).presence == "unknown"


@db
def test_a_point_in_the_datum_of_chinese_maps_is_compared_in_wgs84_and_kept_raw(cast: Cast) -> None:
    lon, lat = places.to_gcj02(SHOP_LON, SHOP_LAT)
    visit = sent(cast, place={"lon": lon, "lat": lat, "datum": "GCJ-02"})
    assert (visit.lon, visit.lat, visit.datum, visit.distance_m) == (lon, lat, "GCJ-02", 0.0)
    assert visit.presence == "valid"


@db
@pytest.mark.parametrize(
    ("times", "flags"),
    [
        ({"started_at": "2026-03-16T09:30:00+08:00", "ended_at": "2026-03-16T09:32:59+08:00"}, ["too_short"]),
        ({"started_at": "2026-03-16T09:30:00+08:00", "ended_at": "2026-03-16T09:33:00+08:00"}, []),
        ({"started_at": "2026-03-16T08:29:59+08:00", "ended_at": ...}, ["outside_hours"]),
        ({"started_at": "2026-03-16T08:30:00+08:00", "ended_at": ...}, []),
        ({"started_at": "2026-03-15T09:59:59+08:00", "ended_at": ...}, ["late"]),
        ({"started_at": "2026-03-15T10:00:00+08:00", "ended_at": ...}, []),
        ({"started_at": "2026-03-15T09:30:00+08:00", "ended_at": "2026-03-15T10:05:00+08:00"}, []),
        ({"started_at": "2026-03-16T02:00:00Z", "ended_at": "2026-03-16T01:00:00Z"}, ["clock_skew"]),
        ({"started_at": "2026-03-16T10:02:01+08:00", "ended_at": ...}, ["clock_skew"]),
        ({"started_at": "2026-03-16T10:02:00+08:00", "ended_at": ...}, []),
    ],
)
def test_times_are_flagged_and_never_refused(cast: Cast, times: dict[str, Any], flags: list[str]) -> None:
    assert sent(cast, **times).flags == flags


@db
def test_a_shops_own_hours_come_before_the_units(cast: Cast) -> None:
    shop = cast.shops[0]
    shop.opens_at, shop.closes_at = time(20), time(2)
    shop.save()
    assert sent(cast, started_at="2026-03-16T01:30:00+08:00", ended_at=...).flags == []
    assert sent(cast).flags == ["outside_hours"]


@db
def test_a_phone_of_2099_is_corrected_by_its_measured_offset_and_keeps_its_own_time(cast: Cast) -> None:
    visit = sent(
        cast,
        started_at="2099-01-01T08:00:00+08:00",
        ended_at="2099-01-01T08:20:00+08:00",
        sent_at="2099-01-01T08:50:00+08:00",
    )
    assert visit.started_at == NOW - timedelta(minutes=50)
    assert visit.ended_at == NOW - timedelta(minutes=30)
    assert visit.device_started_at == datetime(2099, 1, 1, 0, 0, tzinfo=UTC)
    assert visit.device_offset_s == (datetime(2099, 1, 1, 0, 50, tzinfo=UTC) - NOW).total_seconds()
    assert (visit.month, visit.flags) == (date(2026, 3, 1), ["clock_skew"])


@db
@pytest.mark.parametrize(
    ("received", "started", "sent_at", "month"),
    [
        ("2026-03-31T23:59:59.999999+08:00", "2026-03-31T23:59:59.999999+08:00", None, date(2026, 3, 1)),
        ("2026-04-01T00:00:00+08:00", "2026-04-01T00:00:00+08:00", None, date(2026, 4, 1)),
        ("2026-04-01T00:00:00+08:00", "2026-03-31T15:59:59.999999Z", None, date(2026, 3, 1)),
        ("2026-03-01T00:00:00+08:00", "2026-02-28T23:59:59.999999+08:00", None, date(2026, 2, 1)),
        # two minutes of offset are tolerated, one second more is corrected
        ("2026-04-01T00:10:00+08:00", "2026-03-31T23:59:00+08:00", "2026-04-01T00:08:00+08:00", date(2026, 3, 1)),
        ("2026-04-01T00:10:00+08:00", "2026-03-31T23:59:00+08:00", "2026-04-01T00:07:59+08:00", date(2026, 4, 1)),
        # never later than the receipt
        ("2026-03-31T23:59:59+08:00", "2026-04-01T00:00:30+08:00", None, date(2026, 3, 1)),
    ],
)
def test_each_visit_is_in_exactly_one_shanghai_month(
    cast: Cast, received: str, started: str, sent_at: str | None, month: date
) -> None:
    entry = item(cast, started_at=started, ended_at=..., sent_at=sent_at)
    [outcome] = receive(cast.actor("lin"), entry, received_at=datetime.fromisoformat(received))
    assert (outcome.word, outcome.receipt.month if outcome.receipt else None) == ("created", month)
    assert Visit.objects.get().month == month


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(days=366), timedelta(days=228 * 365)).map(lambda since: EPOCH + since)
RECEIVED = st.timedeltas(timedelta(days=50 * 365), timedelta(days=70 * 365)).map(lambda since: EPOCH + since)
ZONES = st.sampled_from([UTC, clock.BUSINESS_ZONE])


@given(started=MOMENTS, ended=st.none() | MOMENTS, sent_at=st.none() | MOMENTS, received=RECEIVED, zone=ZONES)
def test_corrected_times_are_never_after_receipt_and_their_month_is_shanghais(
    started: datetime, ended: datetime | None, sent_at: datetime | None, received: datetime, zone: Any
) -> None:
    visit = wire.read(
        encoded(
            {
                "submission_id": "00000000-0000-4000-8000-000000000000",
                "retailer_id": "00000000-0000-4000-8000-000000000000",
                "started_at": started.astimezone(zone).isoformat(),
                "ended_at": ended and ended.astimezone(zone).isoformat(),
                "sent_at": sent_at and sent_at.astimezone(zone).isoformat(),
            }
        )
    ).visit
    assert visit is not None
    times = verdict.corrected(visit, received)
    assert times.started_at <= received
    assert times.ended_at is None or times.started_at <= times.ended_at <= received
    assert times.on_date == times.started_at.astimezone(clock.BUSINESS_ZONE).date()
    assert times.month == date(times.on_date.year, times.on_date.month, 1)
    if sent_at is None or abs((sent_at - received).total_seconds()) <= 120:
        assert times.started_at == min(started, received)


@given(lon=st.floats(73.6, 134.7), lat=st.floats(18.2, 53.5), datum=st.sampled_from(["WGS-84", "GCJ-02", "BD-09"]))
def test_a_point_of_any_datum_comes_back_within_a_metre(lon: float, lat: float, datum: str) -> None:
    shown = (lon, lat)
    if datum != "WGS-84":
        shown = places.to_gcj02(lon, lat)
    if datum == "BD-09":
        shown = _baidu(*shown)
    back = places.to_wgs84(*shown, datum)
    assert back is not None
    assert places.distance_m((lon, lat), back) < 1.0


def _baidu(lon: float, lat: float) -> tuple[float, float]:
    from math import atan2, cos, pi, sin, sqrt

    away = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * pi * 3000 / 180)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * pi * 3000 / 180)
    return away * cos(angle) + 0.0065, away * sin(angle) + 0.006
