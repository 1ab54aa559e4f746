"""What phones hold of visits: those of this month and the last, of the shops that are their territory's today.

Both ways: the phone writes what it tells in a visit, the server the rest (docs/sync.md). Registered by visits/apps.py.
"""

from __future__ import annotations

from backend.feeds import Feed
from visits.news import COLLECTION
from visits.pushed import push
from visits.telling import KINDS, OWNED, content, utc

# A restricted remark is told to its author only: leaders read it elsewhere, and no phone keeps it for them.
_THEIR_OWN = "(NOT l.is_restricted OR v.person_id = %(person)s)"

_DOCUMENTS = f"""
SELECT a.territory_id, v.id, ({content(_THEIR_OWN)} || jsonb_build_object('id', v.id, 'month', v.month,
    'presence', v.presence, 'flags', v.flags, 'received_at', {utc("v.received_at")}, 'distance_m', v.distance_m,
    'display_score', v.display_score, 'revision', v.revision, 'person_id', v.person_id, 'person_name', p.name,
    'photos_missing', coalesce((SELECT jsonb_agg(l.photo_id ORDER BY l.line_no) FROM visits_photo l
        WHERE l.month = v.month AND l.visit_id = v.id AND l.arrived_at IS NULL), '[]')))::json
FROM retail_assignment a
JOIN visits_visit v ON v.retailer_id = a.retailer_id
    AND v.month >= (date_trunc('month', %(today)s::date) - interval '1 month')::date
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
)
