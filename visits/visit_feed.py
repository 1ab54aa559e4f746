"""What phones hold of visits: those of this month and the last, of the shops that are their territory's today.

Both ways: the phone writes what it tells in a visit, the server the rest (docs/sync.md). Registered by visits/apps.py.
"""

from __future__ import annotations

from backend import clock
from backend.feeds import Feed
from visits.feed_shapes import Visits
from visits.json_sql import field, obj, or_null, plain, quoted
from visits.news import COLLECTION
from visits.pushed import push
from visits.telling import KINDS, OWNED, content, lines, utc

# A restricted remark is told to its author only: leaders read it elsewhere, and no phone keeps it for them.
_THEIR_OWN = "(NOT l.is_restricted OR v.person_id = %(person)s)"

_MONTHS = f">= {clock.month_sql(-1)}"  # said of lines too: fewer partitions
_MISSING = lines("photo", "'\"' || l.photo_id || '\"'", f"l.month {_MONTHS} AND l.arrived_at IS NULL")
_DOCUMENT = obj(
    quoted("id", "v.id"),
    quoted("month", "v.month"),
    *content(f"l.month {_MONTHS}", _THEIR_OWN),
    field("presence", "v.presence"),
    field("flags", "v.flags"),
    quoted("received_at", utc("v.received_at")),
    or_null("distance_m", "v.distance_m"),
    or_null("display_score", "v.display_score"),
    plain("revision", "v.revision"),
    quoted("person_id", "v.person_id"),
    field("person_name", "p.name"),
    plain("photos_missing", f"coalesce({_MISSING}, '[]')"),
)
_DOCUMENTS = f"""
SELECT a.territory_id, v.id, {_DOCUMENT}::json
FROM retail_assignment a
JOIN visits_visit v ON v.retailer_id = a.retailer_id AND v.month {_MONTHS}
JOIN backend_person p ON p.id = v.person_id
{KINDS}
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date
AND (%(ids)s::uuid[] IS NULL OR v.id = ANY(%(ids)s::uuid[]))
"""  # noqa: S608  names of our own

VISITS = Feed(
    collection=COLLECTION,
    version=1,
    capability="visits.record",
    documents=_DOCUMENTS,
    kinds=("assignments",),  # a shop that changes hands takes its visits along; all else is told by visits/news.py
    owned=OWNED,
    push=push,
    told_by_writers=True,  # visits/news.py, visits/photos.py, visits/checkin.py
    kept_as="visit",
    shape=Visits,
)
