"""What phones hold of the month: findings, actions, improvements, the 15 cells, and the words of a manager's own cells.

Registered by apps.py. A row of the chain is a shop's, held by whoever has the shop today, or the territory's own. What
is restricted is not here. Sentences are templates with figures; their words are in the collection `settings`.
"""

from __future__ import annotations

from backend import clock
from backend.feeds import Feed
from cycles import feed_shapes, gate, words_push
from cycles.grid import CELLS, COLUMNS, Dimension

_LAST, _THIS, _NEXT = (clock.month_sql(count) for count in (-1, 0, 1))
_LIST = ", ".join(f"'{column}'" for column in COLUMNS)


def _held(table: str, where: str) -> str:
    """Rows of the chain with the territory whose phones hold them."""
    return f"""(
    SELECT a.territory_id AS held_by, x.* FROM retail_assignment a JOIN {table} x ON x.retailer_id = a.retailer_id
    WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date AND {where}
    UNION ALL
    SELECT x.territory_id, x.* FROM {table} x
    WHERE x.territory_id = ANY(%(units)s) AND x.retailer_id IS NULL AND x.unit_id = x.territory_id AND {where})"""  # noqa: S608


_NARROWED = "(%(ids)s::uuid[] IS NULL OR x.id = ANY(%(ids)s::uuid[]))"
_SUBJECT = """'id', x.id, 'dimension', x.dimension, 'retailer_id', x.retailer_id, 'unit_id', x.unit_id,
    'product_id', x.product_id, 'rule', x.rule"""

# Open ones, and those of this month and the last; as last sighted.
_FINDINGS = f"""
SELECT x.held_by, x.id, json_build_object({_SUBJECT}, 'severity', coalesce(s.severity, x.severity),
    'opened_on', x.opened_on, 'closed_on', x.closed_on, 'first_month', x.first_month, 'last_month', x.last_month,
    'template', 'rule.' || x.rule, 'template_version', s.rule_version, 'as_of', s.as_of, 'figures', s.figures,
    'threshold', s.threshold, 'evidence_kind', s.evidence -> 'kind', 'evidence_rows', s.evidence -> 'rows')
FROM {_held("cycles_finding", f"NOT x.is_restricted AND (x.closed_on IS NULL OR x.last_month >= {_LAST}) AND {_NARROWED}")} x
LEFT JOIN LATERAL (
    SELECT * FROM cycles_sighting g WHERE g.month = x.last_month AND g.finding_id = x.id) s ON true
"""  # noqa: S608, E501  names of our own

_ACTIONS = f"""
SELECT x.held_by, x.id, json_build_object({_SUBJECT}, 'month', x.month, 'kind', x.kind,
    'template', 'action.' || x.kind, 'template_version', 1, 'parameters', x.parameters, 'metric', x.metric,
    'goal', x.goal, 'baseline', x.baseline::text, 'drafted_target', x.drafted_target::text, 'target', x.target::text,
    'best', x.best::text, 'due_on', x.due_on, 'serves', x.serves, 'evidence_needed', x.evidence_needed,
    'evidence', e.visits, 'state', x.state, 'is_flagged', x.is_flagged, 'drop_reason', nullif(x.drop_reason, ''),
    'words', nullif(x.words, ''), 'finding_id', x.finding_id, 'improvement_id', x.improvement_id,
    'result', CASE WHEN r.action_id IS NOT NULL THEN json_build_object('value', r.value::text, 'outcome', r.outcome,
        'evidence_count', r.evidence_count, 'reason', nullif(r.reason, ''), 'words', nullif(r.words, '')) END,
    'version', x.version)
FROM {_held("cycles_action", f"x.month BETWEEN {_LAST} AND {_NEXT} AND {_NARROWED}")} x
LEFT JOIN cycles_result r ON r.action_id = x.id
LEFT JOIN LATERAL (SELECT count(*) AS visits FROM cycles_evidence v WHERE v.action_id = x.id) e ON true
"""  # noqa: S608  names of our own

# Those that are carried on, and those that were closed in this month or the last.
_IMPROVEMENTS = f"""
SELECT x.held_by, x.id, json_build_object({_SUBJECT}, 'month', x.month, 'origin_id', x.origin_id, 'kind', x.kind,
    'template', 'action.' || x.kind, 'template_version', 1, 'parameters', x.parameters, 'metric', x.metric,
    'goal', x.goal, 'baseline', x.baseline::text, 'target', x.target::text, 'due_on', x.due_on, 'state', x.state,
    'months_open', x.months_open, 'outcome', x.outcome::text, 'reason', nullif(x.reason, ''),
    'opened_on', x.opened_on, 'closed_on', x.closed_on, 'version', x.version)
FROM {_held("cycles_improvement", f"(x.closed_on IS NULL OR x.closed_on >= {_LAST}) AND {_NARROWED}")} x
"""  # noqa: S608  names of our own


def _cells(row: str) -> str:
    """The 15 states of a shop's month, five steps by dimension."""
    by = ", ".join(
        f"'{d}', json_build_array({', '.join(f'{row}.{c.column}' for c in CELLS if c.dimension is d)})"
        for d in Dimension
    )
    return f"json_build_object({by})"


# The months of account managers who hold the territory today; a predecessor's are read at the desk.
_PAPERS = f"""cycles_managercycle m JOIN backend_position p ON p.unit_id = m.unit_id AND p.person_id = m.person_id
    AND p.role_id = m.role_id AND p.during @> %(today)s::date
WHERE m.unit_id = ANY(%(units)s) AND m.month BETWEEN {_LAST} AND {_NEXT}"""
_CYCLES = f"""
SELECT a.territory_id, a.retailer_id, json_build_object('id', a.retailer_id, 'kind', 'shop', 'months', c.months)
FROM retail_assignment a CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('month', to_char(x.month, 'YYYY-MM'), 'cells', {_cells("x")}) ORDER BY x.month)
        AS months
    FROM cycles_retailercycle x
    WHERE x.retailer_id = a.retailer_id AND x.month BETWEEN {_LAST} AND {_NEXT}) c
WHERE a.territory_id = ANY(%(units)s) AND a.during @> %(today)s::date AND c.months IS NOT NULL
AND (%(ids)s::uuid[] IS NULL OR a.retailer_id = ANY(%(ids)s::uuid[]))
UNION ALL
SELECT m.unit_id, m.id, json_build_object('id', m.id, 'kind', 'manager', 'month', to_char(m.month, 'YYYY-MM'),
    'role', m.role_id, 'unit_id', m.unit_id, 'person_id', m.person_id, 'cells', coalesce(c.cells, '[]'))
FROM (SELECT m.* FROM {_PAPERS} AND (%(ids)s::uuid[] IS NULL OR m.id = ANY(%(ids)s::uuid[]))) m
LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('cell', x.cell, 'state', x.state, 'needs_words', x.needs_words,
        'reason', nullif(x.reason, ''), 'sentences', (
            SELECT coalesce(jsonb_agg(s.said - 'evidence' ORDER BY s.place), '[]')
            FROM jsonb_array_elements(coalesce(x.submitted, x.draft)) WITH ORDINALITY AS s(said, place)))
        ORDER BY array_position(ARRAY[{_LIST}], x.cell::text)) AS cells
    FROM cycles_managercell x WHERE x.cycle_id = m.id) c ON true
"""  # noqa: S608  names of our own

_CELL_WORDS = f"""
SELECT m.unit_id, {words_push.KEY}, json_build_object('id', {words_push.KEY}, 'cycle_id', m.id,
    'month', to_char(m.month, 'YYYY-MM'), 'person_id', m.person_id, 'cell', k.cell, 'words', nullif(x.words, ''),
    'state', coalesce(x.state, 'drafted'), 'needs_words', coalesce(x.needs_words, false),
    'version', coalesce(x.version, 1))
FROM (SELECT m.* FROM {_PAPERS}) m CROSS JOIN unnest(ARRAY[{_LIST}]) AS k(cell)
LEFT JOIN cycles_managercell x ON x.cycle_id = m.id AND x.cell = k.cell
WHERE %(ids)s::uuid[] IS NULL OR {words_push.KEY} = ANY(%(ids)s::uuid[])
"""  # noqa: S608  names of our own

_READ, _KINDS = "cycles.read", (gate.CHAIN, "assignments")
FEEDS = (
    Feed("findings", 1, _READ, _FINDINGS, kinds=_KINDS, shape=feed_shapes.Findings),
    Feed("actions", 1, _READ, _ACTIONS, kinds=_KINDS, shape=feed_shapes.Actions),
    Feed("improvements", 1, _READ, _IMPROVEMENTS, kinds=_KINDS, shape=feed_shapes.Improvements),
    Feed("cycles", 1, _READ, _CYCLES, kinds=_KINDS, shape=feed_shapes.Cycles),
    Feed(
        "cell_words",
        1,
        _READ,
        _CELL_WORDS,
        kinds=(gate.CHAIN,),
        owned=words_push.OWNED,
        push=words_push.push,
        shape=feed_shapes.CellWords,
    ),
)
