"""What phones must know of the rules that hold here: thresholds, the working calendar, the words of sentences.

Registered by apps.py. Thresholds stand as they are kept: the defaults at the nation, and beside them one document for
each unit that has set any; on the phone as here the nearest unit's value wins (backend/parameters.py).
"""

from __future__ import annotations

import json
from datetime import date

import chinese_calendar

from backend import clock, parameters
from backend.feeds import Feed
from backend.ids import numbered_sql
from cycles.calendar import ONE_DAY, published_years
from cycles.feed_shapes import Settings
from cycles.sentences import templates

CALENDAR = "calendar"  # the mark of the nation: a day is worked, or no longer
APPS = ("visits.", "retail.", "phones.", "photos.", "policies.", "display.", "cycles.")  # whose thresholds phones need
YEARS_BACK = 1

_ABOUT_UNIT, _OF_NATION = numbered_sql(1, "u.id"), numbered_sql(2, "k.number")
_DOCUMENTS = f"""
SELECT u.id, {_ABOUT_UNIT}, json_build_object('id', {_ABOUT_UNIT}, 'kind', 'values', 'unit_id', u.id,
    'level', u.level, 'values', v.settings)
FROM backend_unit u CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(p.key, p.value) AS settings
    FROM backend_parameter p JOIN jsonb_each(%(setting_kinds)s::jsonb) AS d(key, kind) ON d.key = p.key
    WHERE p.unit_id = u.id AND p.during @> %(today)s::date AND CASE d.kind #>> '{{}}'
        WHEN 'int' THEN p.value::text ~ '^-?[0-9]+$' WHEN 'float' THEN jsonb_typeof(p.value) = 'number'
        WHEN 'bool' THEN jsonb_typeof(p.value) = 'boolean' ELSE jsonb_typeof(p.value) = 'string' END) v
WHERE u.id = ANY(%(units)s) AND v.settings IS NOT NULL
AND (%(ids)s::uuid[] IS NULL OR {_ABOUT_UNIT} = ANY(%(ids)s::uuid[]))
UNION ALL
SELECT u.id, {_OF_NATION}, json_build_object('id', {_OF_NATION}, 'kind', k.kind, 'unit_id', u.id, 'level', u.level,
    'values', CASE k.number WHEN 1 THEN %(setting_defaults)s::jsonb WHEN 2 THEN %(published_days)s::jsonb
        WHEN 3 THEN (SELECT coalesce(jsonb_object_agg(d.day, d.is_working), '{{}}') FROM cycles_calendarday d
            WHERE d.day >= {clock.month_sql(-1)})
        ELSE %(sentences)s::jsonb END)
FROM backend_unit u
CROSS JOIN (VALUES (1, 'defaults'), (2, 'calendar'), (3, 'calendar_overrides'), (4, 'sentences')) AS k(number, kind)
WHERE u.id = ANY(%(units)s) AND u.level = 0
AND (%(ids)s::uuid[] IS NULL OR {_OF_NATION} = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own


def feed() -> Feed:
    """The feed, with what every app has declared by the time that the apps are ready."""
    known = [one for one in parameters.catalogue() if one.key.startswith(APPS)]
    given = {
        "setting_kinds": json.dumps({one.key: one.kind.__name__ for one in known}),
        "setting_defaults": json.dumps({one.key: one.default for one in known}),
        "published_days": json.dumps(_published_days()),
        "sentences": json.dumps({f"{t.key}@{t.version}": [t.zh, t.en] for t in templates()}, ensure_ascii=False),
    }
    kinds = (parameters.MARK, CALENDAR)
    return Feed("settings", 1, "org.read", _DOCUMENTS, above=True, kinds=kinds, parameters=given, shape=Settings)


def _published_days() -> dict[str, bool]:
    """Days of the published years (from the last but one on) that are not worked as their weekday says."""
    years = published_years()
    day, last = date(years[-1] - YEARS_BACK, 1, 1), date(years[-1], 12, 31)
    found = {}
    while day <= last:
        worked = bool(chinese_calendar.is_workday(day))
        if worked != (day.weekday() < 5):
            found[day.isoformat()] = worked
        day += ONE_DAY
    return found
