"""Signals: what somebody should look at in a visit, each with its reason in words; a person decides, nothing by itself.

Those that follow from a visit's flags are derived here for visits/checked.py; whoever notices more (photos, stock)
calls `raise_signals`. The account manager answers, somebody with visits.verify decides (visits/signal_api.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from backend import audit, clock
from backend.errors import Problem
from backend.scope import Actor, Stamped
from visits.models import Signal

VERIFY = "visits.verify"
State = Signal.State

# kind -> its reason in Chinese and English, written from its figures
WORDS: Mapping[str, tuple[str, str]] = {
    "too_far": ("到店定位距零售户 {distance_m} 米（精度 {accuracy_m} 米），超出到店范围",
                "checked in {distance_m} m from the shop (accuracy {accuracy_m} m)"),
    "no_reason": ("不在店内打卡，缺少原因或现场照片", "away from the shop without a reason or a photo of the place"),
    "mock_location": ("手机报告使用了模拟定位", "the phone says that its location is simulated"),
    "too_short": ("在店仅 {stayed_s} 秒", "stayed {stayed_s} seconds"),
    "late": ("走访结束 {hours} 小时后才上报", "told {hours} hours after its end"),
    "clock_skew": ("手机时钟与服务器相差 {offset_s} 秒，或起止时间颠倒",
                   "the phone's clock is {offset_s} seconds off, or went backwards"),
    "outside_hours": ("{started} 到店，不在营业或走访时段内",
                      "began at {started}, outside the shop's or visiting hours"),
    "left_far": ("离店定位距零售户 {distance_m} 米", "checked out {distance_m} m from the shop"),
    "photo_reuse": ("照片与此前走访的照片相同或极相似", "the photo is that of an earlier visit, or very like it"),
    "photo_far": ("照片拍摄地点距走访地点 {distance_m} 米", "the photo was taken {distance_m} m from the visit"),
    "photo_time": ("照片拍摄时间与走访相差 {minutes} 分钟", "the photo was taken {minutes} minutes from the visit"),
    "stock_odd": ("库存与上次盘点、期间订货对不上",
                  "the stock does not agree with the last count and the orders since"),
}  # fmt: skip


class _Known(dict[str, Any]):
    """Figures for a sentence; one that is not known reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


def words(kind: str, figures: Mapping[str, Any]) -> tuple[str, str]:
    """The reason in Chinese and English."""
    known = _Known({key: value for key, value in figures.items() if value is not None})
    return WORDS[kind][0].format_map(known), WORDS[kind][1].format_map(known)


@dataclass(frozen=True)
class Raised:
    """Something noticed about a visit that stands, or about a photo of it. `figures`: what its sentence names, and
    whatever else shows why (of a photo used before: `earlier_photo`, `earlier_visit`)."""

    visit_id: UUID
    month: date
    kind: str
    photo_id: UUID | None = None
    figures: dict[str, Any] = field(default_factory=dict)


_RAISE = """
INSERT INTO visits_signal AS s (id, visit_id, month, retailer_id, person_id, territory_id, county_id, on_date, kind,
    photo_id, figures, raised_at, state, answer, words, version)
SELECT gen_random_uuid(), v.id, v.month, v.retailer_id, v.person_id, v.territory_id, v.county_id, v.on_date, d.kind,
    d.photo_id, d.figures, %s, 'open', '', '', 1
FROM jsonb_to_recordset(%s::jsonb) AS d(visit_id uuid, month date, kind text, photo_id uuid, figures jsonb)
JOIN visits_visit v ON v.month = d.month AND v.id = d.visit_id
ORDER BY v.id, d.kind, d.photo_id
ON CONFLICT (visit_id, kind, photo_id) DO UPDATE SET figures = excluded.figures, on_date = excluded.on_date,
    retailer_id = excluded.retailer_id, territory_id = excluded.territory_id, county_id = excluded.county_id
WHERE s.state = 'open' AND (s.figures, s.on_date, s.retailer_id, s.territory_id)
    IS DISTINCT FROM (excluded.figures, excluded.on_date, excluded.retailer_id, excluded.territory_id)
"""


def raise_signals(rows: Sequence[Raised]) -> None:
    """Each stands once for its visit, kind and photo, open until a person says something; raised again it changes
    nothing but the figures of an open one, and where its visit stands. What names a visit that does not stand is left
    out. One query, none for none. ValueError for a kind without words."""
    if unknown := {row.kind for row in rows} - WORDS.keys():
        raise ValueError(f"no words for {sorted(unknown)}")
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_RAISE, [clock.now(), msgspec.json.encode(rows).decode()])


# A visit's flags with the figures that show why. Raised when the visit came, so that a second run makes the same rows.
_DERIVED = ("too_far", "no_reason", "mock_location", "too_short", "late", "clock_skew", "outside_hours", "left_far")
_SIGNALS = """
WITH key AS (SELECT * FROM unnest(%(units)s::bigint[], %(days)s::date[]) AS k(territory_id, on_date)),
wanted AS MATERIALIZED (
    SELECT v.*, f.kind, jsonb_strip_nulls(CASE f.kind
        WHEN 'too_far' THEN jsonb_build_object('distance_m', round(v.distance_m), 'accuracy_m', round(v.accuracy_m))
        WHEN 'no_reason' THEN jsonb_build_object('distance_m', round(v.distance_m), 'has_reason', v.away_reason <> '')
        WHEN 'too_short' THEN jsonb_build_object('stayed_s', extract(epoch FROM v.ended_at - v.started_at)::int)
        WHEN 'late' THEN jsonb_build_object('hours', floor(extract(epoch FROM
            v.received_at - coalesce(v.ended_at, v.started_at)) / 3600)::int)
        WHEN 'clock_skew' THEN jsonb_build_object('offset_s', v.device_offset_s)
        WHEN 'outside_hours' THEN jsonb_build_object('started',
            to_char(v.started_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'))
        WHEN 'left_far' THEN jsonb_build_object('distance_m', round(v.left_distance_m))
        ELSE '{}' END) AS figures
    FROM key k JOIN visits_visit v ON v.territory_id = k.territory_id AND v.on_date = k.on_date
        AND v.month = date_trunc('month', k.on_date)::date
    CROSS JOIN LATERAL unnest(v.flags) AS f(kind) WHERE f.kind = ANY(%(derived)s)),
gone AS (
    DELETE FROM visits_signal s USING key k
    WHERE s.territory_id = k.territory_id AND s.on_date = k.on_date AND s.state = 'open'
    AND (s.kind = ANY(%(derived)s) AND NOT EXISTS (
            SELECT FROM wanted w WHERE w.id = s.visit_id AND w.kind = s.kind)
        OR NOT EXISTS (SELECT FROM visits_visit v WHERE v.month = s.month AND v.id = s.visit_id)))
INSERT INTO visits_signal AS s (id, visit_id, month, retailer_id, person_id, territory_id, county_id, on_date, kind,
    figures, raised_at, state, answer, words, version)
SELECT gen_random_uuid(), id, month, retailer_id, person_id, territory_id, county_id, on_date, kind, figures,
    received_at, 'open', '', '', 1
FROM wanted ORDER BY id, kind
ON CONFLICT (visit_id, kind, photo_id) DO UPDATE SET figures = excluded.figures, on_date = excluded.on_date,
    retailer_id = excluded.retailer_id, territory_id = excluded.territory_id, county_id = excluded.county_id
WHERE s.state = 'open' AND (s.figures, s.on_date, s.retailer_id, s.territory_id)
    IS DISTINCT FROM (excluded.figures, excluded.on_date, excluded.retailer_id, excluded.territory_id)
"""


def recompute(units: Sequence[int], days: Sequence[date]) -> None:
    """The visits of these (territory, day) keys have the signals that their flags make; a visit that was taken back has
    none that nobody spoke to. In the caller's transaction; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGNALS, {"units": list(units), "days": list(days), "derived": list(_DERIVED)})


def answer(*, actor: Actor, signal: Signal, text: str) -> Signal:
    """The account manager whose visit it is says how it came. Not anybody else (not_found); invalid without words;
    conflict once it is decided. May be said anew until then."""
    if not text.strip():
        raise Problem("invalid")
    if signal.person_id != actor.person_id:
        raise Problem("not_found")
    with transaction.atomic():
        held = Signal.objects.select_for_update(of=("self",)).get(pk=signal.pk)
        if held.state not in (State.OPEN, State.ANSWERED):
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.state, held.answer, held.answered_at = State.ANSWERED, text, clock.now()
        _save(actor, "signal.answer", held, before)
    return held


def decide(*, actor: Actor, signal: Signal, accepted: bool, text: str = "") -> Signal:
    """A person takes it as explained, or finds it to be as signalled (with words, else invalid). visits.verify over the
    visit (not_found), never on one's own visit; once only (conflict). Nothing else follows from it."""
    if not accepted and not text.strip():
        raise Problem("invalid")
    with transaction.atomic():
        reach = Stamped(capability=VERIFY).where(actor, clock.today())
        rows = Signal.objects.select_for_update(of=("self",)).filter(reach, pk=signal.pk)
        held = rows.exclude(person_id=actor.person_id).first()
        if held is None:
            raise Problem("not_found")
        if held.state not in (State.OPEN, State.ANSWERED):
            raise Problem("conflict")
        before = audit.snapshot(held)
        held.state = State.ACCEPTED if accepted else State.DISMISSED
        held.decided_by_id, held.decided_at, held.words = actor.person_id, clock.now(), text
        _save(actor, "signal.decide", held, before)
    return held


def _save(actor: Actor, act: str, held: Signal, before: dict[str, Any]) -> None:
    held.version += 1
    held.save()
    audit.record(actor, act, held, before=before, after=audit.snapshot(held), unit_id=held.county_id)
