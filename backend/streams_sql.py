"""The statements of backend/streams.py: which streams somebody holds, what is new in them, what is told of it."""

from __future__ import annotations

from backend.locks import Lock

MINE = """
WITH mine AS (
    SELECT u.id, u.level, u.ancestors FROM backend_unit u
    WHERE (u.id = ANY(%(held)s) OR u.parent_id = ANY(%(offices)s)) AND u.during @> %(today)s)
SELECT s.id, coalesce(k.value, 0), k.reconciled_on, concat_ws(' ', c.system_identifier, p.timeline_id, d.oid)
FROM ({streams}) AS s(id) CROSS JOIN pg_control_system() c CROSS JOIN pg_control_checkpoint() p
JOIN pg_database d ON d.datname = current_database()
LEFT JOIN backend_synccounter k ON k.territory_id = s.id AND k.collection = %(collection)s
ORDER BY s.id
"""
TERRITORIES = "SELECT id FROM mine WHERE level = 5"
WITH_ABOVE = "SELECT DISTINCT unnest(ancestors) FROM mine"

# A document in several of my streams is told in the last of them only, so that a page never holds it twice and is
# never shorter than asked for while there is more: a client stops at a short page.
PAGE = """
WITH streams AS (SELECT * FROM unnest(%(units)s::bigint[], %(after)s::bigint[]) AS s(unit_id, after))
SELECT e.territory_id, e.document_id, e.sequence, e.digest IS NULL, e.deleted
FROM streams s CROSS JOIN LATERAL (
    SELECT n.territory_id, n.document_id, n.sequence, n.digest, n.deleted FROM backend_syncentry n
    WHERE n.territory_id = s.unit_id AND n.collection = %(collection)s AND n.sequence > s.after
    AND n.document_id <> ALL(%(skip)s::uuid[]){mine}
    AND NOT EXISTS (
        SELECT FROM streams l JOIN backend_syncentry o ON o.territory_id = l.unit_id
            AND o.collection = %(collection)s AND o.document_id = n.document_id AND o.sequence > l.after
        WHERE l.unit_id > s.unit_id)
    ORDER BY n.sequence LIMIT %(limit)s) AS e
ORDER BY e.territory_id, e.sequence LIMIT %(limit)s
"""
# What the phone can have been told of a stream that it no longer holds, less what another stream of its holds.
LEAVING = """
SELECT e.territory_id, e.document_id, e.sequence, false, NULL::boolean
FROM unnest(%(units)s::bigint[], %(told)s::bigint[], %(walked)s::bigint[]) AS s(unit_id, told, walked)
CROSS JOIN LATERAL (
    SELECT n.territory_id, n.document_id, n.sequence FROM backend_syncentry n
    WHERE n.territory_id = s.unit_id AND n.collection = %(collection)s
    AND n.first_sequence <= s.told AND n.sequence > s.walked{mine}
    AND NOT EXISTS (
        SELECT FROM backend_syncentry o WHERE o.territory_id = ANY(%(held)s) AND o.collection = %(collection)s
        AND o.document_id = n.document_id AND NOT o.deleted)
    ORDER BY n.sequence LIMIT %(limit)s) AS e
ORDER BY e.territory_id, e.sequence LIMIT %(limit)s
"""
# Of a feed of persons: entries of others are passed over before the limit, those of what is gone as well.
OF_PERSON = "\n    AND n.document_id IN ({owners})"
PLACES = "SELECT d.unit_id, d.id FROM ({documents}) AS d(unit_id, id, document)"
DOCUMENTS = "SELECT d.id, d.document::text FROM ({documents}) AS d(unit_id, id, document)"

# The first telling since a document's number says what was told; of one that is gone, nothing. An entry that a writer
# holds gets a new number anyway; the others are taken by where they stand, for a planner that knows nothing of a young
# log would look at all for each. The lock keeps comparisons out meanwhile: they pass over what nobody was told of.
TURN = f"""
SELECT pg_advisory_xact_lock_shared({Lock.STREAMS:d}, hashtext(u || ' ' || %s)) FROM unnest(%s::bigint[]) AS units(u)
"""  # noqa: S608 - a number of our own
FIRST_TOLD = """
WITH shown AS MATERIALIZED (
    SELECT d.id, d.document::text AS text FROM ({documents}) AS d(unit_id, id, document)),
entered AS (
    SELECT e.ctid, e.document_id FROM backend_syncentry e
    WHERE e.territory_id = ANY(%(units)s) AND e.collection = %(collection)s AND e.document_id = ANY(%(ids)s)
    AND e.digest IS NULL FOR UPDATE SKIP LOCKED),
told AS (
    UPDATE backend_syncentry e SET digest = coalesce(decode(md5(s.text), 'hex'), '')
    FROM entered n LEFT JOIN shown s ON s.id = n.document_id WHERE e.ctid = n.ctid)
SELECT id, text, id IN (SELECT document_id FROM entered) FROM shown
"""
# A page tells what is so at its moment. Where that is not what the log says, because a comparison is still to come, or
# because another page noted what it read a moment earlier or later, the entry is doubted: a mark asks for a comparison,
# which tells it anew whatever it finds, for another phone was told otherwise.
COUNTERS_HELD = """
SELECT FROM backend_synccounter WHERE territory_id = ANY(%s) AND collection = %s ORDER BY territory_id FOR NO KEY UPDATE
"""
_DOUBTED = """
WITH doubted AS (
    UPDATE backend_syncentry e SET digest = '\\x00' FROM ({entries}) AS d
    WHERE e.territory_id = d.territory_id AND e.collection = %(collection)s AND e.document_id = d.document_id
    RETURNING e.territory_id)
INSERT INTO backend_changemark (consumer, kind, unit_id, on_date, marked_at)
SELECT DISTINCT 'phones', %(kind)s, territory_id, %(today)s::date, %(now)s::timestamptz FROM doubted
"""
DOUBT = _DOUBTED.format(
    entries="SELECT unnest(%(units)s::bigint[]) AS territory_id, unnest(%(ids)s::uuid[]) AS document_id"
)
DOUBT_IF_OTHERWISE = _DOUBTED.format(
    entries="""
    SELECT n.territory_id, n.document_id FROM unnest(%(ids)s::uuid[], %(texts)s::text[]) AS t(id, text)
    JOIN backend_syncentry n ON n.territory_id = ANY(%(units)s) AND n.collection = %(collection)s
        AND n.document_id = t.id AND NOT n.deleted AND n.digest IS DISTINCT FROM decode(md5(t.text), 'hex')
    ORDER BY n.territory_id, n.document_id FOR UPDATE OF n"""
)
ENTERED = """
SELECT DISTINCT document_id FROM backend_syncentry
WHERE territory_id = ANY(%s) AND collection = %s AND document_id = ANY(%s)
"""
