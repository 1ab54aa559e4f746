"""What a territory's row of acts and shops is made of: one table of facts for each group of columns of UnitMonth.

acts_sums.py puts them together; parameters as frame.py names them. Acts count by the unit stamped
on them, shops by the unit that has them on the month's last day. Each rule is that of the live figure it agrees with:
visits/compliance.py, visits/satisfaction.py, docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from visits.presence import counts
from visits.satisfaction import FEWEST


@dataclass(frozen=True)
class Facts:
    """A SELECT of unit_id and one expression for each column, named as the column is."""

    name: str
    select: str
    columns: tuple[str, ...]


_TODAY = "(%(at)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date"
_LINES_OF_MONTH = "JOIN {table} l ON l.visit_id = v.id AND l.month = %(month)s"

# Read by several: the month's visits of the territories, and the shops that are theirs on the last day.
SHARED = f"""
visited AS MATERIALIZED (
    SELECT id, territory_id, person_id, presence, note, display_score, template_version_id,
        {counts("visits_visit")} AS lands
    FROM visits_visit WHERE month = %(month)s AND territory_id = ANY(%(units)s::bigint[])),
owned AS MATERIALIZED (
    SELECT a.retailer_id, a.territory_id, c.state, c.tier, c.during FROM retail_assignment a
    LEFT JOIN retail_classification c ON c.retailer_id = a.retailer_id AND c.during @> %(last)s::date
    WHERE a.territory_id = ANY(%(units)s::bigint[]) AND a.during @> %(last)s::date),
item AS MATERIALIZED (
    SELECT w.id, i->>'code' AS code, (i->>'weight')::numeric AS weight
    FROM visits_templateversion w CROSS JOIN LATERAL jsonb_array_elements(w.items) i WHERE NOT i ? 'rule')"""  # noqa: S608

_ACTS = Facts(
    "act",
    """SELECT territory_id AS unit_id, count(*) AS visits,
        count(*) FILTER (WHERE presence = 'to_verify') AS visits_to_verify,
        count(DISTINCT person_id) AS managers, count(*) FILTER (WHERE note <> '') AS notes,
        count(display_score) AS checks, sum(display_score) AS score_sum
    FROM visited GROUP BY territory_id""",
    ("visits", "visits_to_verify", "managers", "notes", "checks", "score_sum"),
)


def _lines(name: str, table: str, *, accepted: str = "") -> Facts:
    """How many lines of a kind the visits carry."""
    more = f", count(*) FILTER (WHERE l.accepted) AS {accepted}" if accepted else ""
    lines = _LINES_OF_MONTH.format(table=table)
    select = (
        f"""SELECT v.territory_id AS unit_id, count(*) AS {name}{more} FROM visited v {lines} GROUP BY v.territory_id"""  # noqa: S608
    )
    return Facts(f"{name}_told", select, (name, accepted) if accepted else (name,))


_SHOPS = Facts(
    "shop",
    f"""SELECT territory_id AS unit_id, count(*) AS shops_due, count(*) FILTER (WHERE seen) AS shops_seen,
        count(*) FILTER (WHERE briefed) AS shops_briefed, count(*) FILTER (WHERE understood) AS shops_understood
    FROM (SELECT owned.territory_id, bool_or({counts()}) AS seen, bool_or(l.visit_id IS NOT NULL) AS briefed,
            bool_or(l.passed) AS understood
        FROM owned LEFT JOIN visits_visit v ON v.retailer_id = owned.retailer_id AND v.month = %(month)s
        LEFT JOIN visits_briefing l ON l.visit_id = v.id AND l.month = %(month)s
        WHERE owned.state = 'active' GROUP BY owned.retailer_id, owned.territory_id) due
    GROUP BY territory_id""",  # noqa: S608
    ("shops_due", "shops_seen", "shops_briefed", "shops_understood"),
)
# A shop is new by the day it became a client. Closed or of another tier: held against the day before the month began.
_CHANGES = Facts(
    "change",
    """SELECT owned.territory_id AS unit_id,
        count(*) FILTER (WHERE r.opened_on BETWEEN %(month)s AND %(last)s) AS shops_new,
        count(*) FILTER (WHERE owned.state = 'closed' AND (c.state <> 'closed'
            OR c.state IS NULL AND r.opened_on >= %(month)s)) AS shops_closed,
        count(*) FILTER (WHERE owned.state <> 'closed' AND owned.tier > c.tier) AS tier_up,
        count(*) FILTER (WHERE owned.state <> 'closed' AND owned.tier < c.tier) AS tier_down
    FROM owned JOIN retail_retailer r ON r.id = owned.retailer_id
    LEFT JOIN retail_classification c ON c.retailer_id = owned.retailer_id AND c.during @> %(month)s::date - 1
    GROUP BY owned.territory_id""",
    ("shops_new", "shops_closed", "tier_up", "tier_down"),
)
_ORDERS = Facts(
    "ordered",
    """SELECT owned.territory_id AS unit_id, count(*) AS orders
    FROM owned JOIN market_order o ON o.retailer_id = owned.retailer_id AND o.month = %(month)s
    GROUP BY owned.territory_id""",
    ("orders",),
)
_LOOKS = Facts(
    "looked",
    f"""SELECT v.territory_id AS unit_id, sum(l.tags_shown) FILTER (WHERE l.tags_shown > 0) AS tags_shown,
        sum(greatest(0, l.tags_shown - coalesce(l.tags_missing, 0) - coalesce(l.tags_mismatched, 0)
            - coalesce(l.tags_altered, 0))) FILTER (WHERE l.tags_shown > 0) AS tags_right,
        count(l.licence_shown) AS licence_looks,
        count(*) FILTER (WHERE l.licence_shown AND coalesce(l.holder_trades, true)) AS licence_right,
        count(l.minors_sign) AS minors_looks,
        count(*) FILTER (WHERE l.minors_sign AND coalesce(l.id_asked, true)) AS minors_right
    FROM visited v {_LINES_OF_MONTH.format(table="visits_compliancecheck")} WHERE v.lands GROUP BY v.territory_id""",  # noqa: S608
    ("tags_shown", "tags_right", "licence_looks", "licence_right", "minors_looks", "minors_right"),
)
# Of the items that are asked: what follows from the check before (continuity) is no item of the shelf.
_DISPLAY = Facts(
    "display",
    f"""SELECT unit_id, sum(points) AS display_points, sum(asked) AS display_points_full FROM (
        SELECT v.territory_id AS unit_id, 0 AS points, asked.weight AS asked FROM visited v
        JOIN (SELECT id, sum(weight) AS weight FROM item GROUP BY id) asked ON asked.id = v.template_version_id
        WHERE v.lands
        UNION ALL
        SELECT v.territory_id, l.points, CASE WHEN l.passed IS NULL THEN -item.weight ELSE 0 END
        FROM visited v {_LINES_OF_MONTH.format(table="visits_checkline")}
        JOIN item ON item.id = v.template_version_id AND item.code = l.item_code WHERE v.lands) told
    GROUP BY unit_id""",  # noqa: S608
    ("display_points", "display_points_full"),
)
_REPAIRS = Facts(
    "repair",
    """SELECT t.territory_id AS unit_id,
        sum(t.days) FILTER (WHERE t.closed_on BETWEEN %(month)s AND %(last)s) AS repair_days,
        count(*) FILTER (WHERE t.closed_on BETWEEN %(month)s AND %(last)s) AS repairs_mended,
        count(*) FILTER (WHERE t.opened_on <= %(last)s AND t.due_on < %(last)s
            AND (t.closed_on IS NULL OR t.closed_on > %(last)s)) AS repairs_overdue
    FROM visits_displaytask t WHERE t.territory_id = ANY(%(units)s::bigint[])
        AND t.opened_on <= %(last)s AND (t.closed_on IS NULL OR t.closed_on >= %(month)s)
    GROUP BY t.territory_id""",
    ("repair_days", "repairs_mended", "repairs_overdue"),
)
_NEEDS = Facts(
    "need",
    f"""SELECT owned.territory_id AS unit_id,
        count(*) FILTER (WHERE n.raised_on >= %(month)s AND n.raised_on < %(next)s) AS needs_raised,
        count(*) FILTER (WHERE n.closed_on >= %(month)s AND n.closed_on < %(next)s) AS needs_closed,
        count(*) FILTER (WHERE due.is_month AND (n.replied_at IS NOT NULL OR n.reply_due_at < %(at)s)) AS replies_due,
        count(*) FILTER (WHERE due.is_month AND n.replied_at <= n.reply_due_at) AS replies_in_time
    FROM owned JOIN retail_need n ON n.retailer_id = owned.retailer_id
    CROSS JOIN LATERAL (SELECT n.reply_due_at >= {"%(month)s::timestamp AT TIME ZONE 'Asia/Shanghai'"}
        AND n.reply_due_at < {"%(next)s::timestamp AT TIME ZONE 'Asia/Shanghai'"} AS is_month) due
    GROUP BY owned.territory_id""",  # noqa: S608
    ("needs_raised", "needs_closed", "replies_due", "replies_in_time"),
)
_PROMISES = Facts(
    "promise",
    f"""SELECT owned.territory_id AS unit_id, count(*) AS promises_due,
        count(*) FILTER (WHERE p.state = 'kept' AND p.settled_on <= p.due_on) AS promises_kept
    FROM owned JOIN retail_promise p ON p.retailer_id = owned.retailer_id
    WHERE p.due_on >= %(month)s AND p.due_on < %(next)s AND (p.state <> 'open' OR p.due_on < {_TODAY})
    GROUP BY owned.territory_id""",  # noqa: S608
    ("promises_due", "promises_kept"),
)
# A territory tells its scores by fives: nobody learns what one shop said (visits/satisfaction.py).
_SCORES = Facts(
    "score",
    f"""SELECT territory_id AS unit_id, count(*) AS scores, sum(score) AS scores_sum FROM (
        SELECT territory_id, score, row_number() OVER (PARTITION BY territory_id ORDER BY id) AS place,
            count(*) OVER (PARTITION BY territory_id) AS n
        FROM visits_visitscore WHERE month = %(month)s AND territory_id = ANY(%(units)s::bigint[])) s
    WHERE place <= n - n %% {FEWEST} GROUP BY territory_id""",  # noqa: S608
    ("scores", "scores_sum"),
)

GROUPS: tuple[Facts, ...] = (
    _ACTS,
    _lines("briefings", "visits_briefing"),
    _lines("observations", "visits_observation"),
    _lines("remarks", "visits_remark"),
    _lines("pitches", "visits_pitch", accepted="pitches_accepted"),
    _SHOPS,
    _CHANGES,
    _ORDERS,
    _LOOKS,
    _DISPLAY,
    _REPAIRS,
    _NEEDS,
    _PROMISES,
    _SCORES,
)
