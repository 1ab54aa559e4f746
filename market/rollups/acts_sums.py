"""Roll-up rows of acts, shops and strata: of territories from facts, of units above from the level below.

recompute.py runs these beside those of the trade, each with the parameters of frame.py; for units
above, %(units)s are units of one level whose children's rows are already right.
"""

from __future__ import annotations

from market.rollups import acts_facts, strata_sums
from market.rollups.leaves import UNIT_MEDIANS

TABLE = "market_unitmonth"
TABLES = (TABLE, *strata_sums.TABLES)
COLUMNS = tuple(column for facts in acts_facts.GROUPS for column in facts.columns)
_SUMMED = tuple(column for column in COLUMNS if column != "managers")  # people do not sum
_NAMES = ", ".join(COLUMNS)

_UNITS = f"""
WITH {UNIT_MEDIANS.strip()}, {acts_facts.SHARED.strip()},
{", ".join(f"{facts.name} AS ({facts.select})" for facts in acts_facts.GROUPS)},
subject AS ({" UNION ".join(f"SELECT unit_id FROM {facts.name}" for facts in acts_facts.GROUPS)})
INSERT INTO {TABLE} (month, unit_id, {_NAMES}, price_median_fen, computed_at)
SELECT %(month)s, unit_id, {", ".join(f"coalesce({column}, 0)" for column in COLUMNS)}, unit_median.fen, %(at)s
FROM subject {" ".join(f"LEFT JOIN {facts.name} USING (unit_id)" for facts in acts_facts.GROUPS)}
LEFT JOIN unit_median USING (unit_id)
"""  # noqa: S608 - constants only

# Somebody who visits in two territories is one person of the office above both.
_UNITS_ABOVE = f"""
WITH {UNIT_MEDIANS.strip()},
people AS (
    SELECT a.id AS unit_id, count(DISTINCT p.person_id) AS managers
    FROM unnest(%(units)s::bigint[]) AS a(id) JOIN backend_unit t ON t.ancestors @> ARRAY[a.id]
    JOIN market_territoryperson p ON p.unit_id = t.id AND p.month = %(month)s GROUP BY a.id),
below AS (
    SELECT u.parent_id AS unit_id, {", ".join(f"sum(m.{column}) AS {column}" for column in _SUMMED)}
    FROM backend_unit u JOIN {TABLE} m ON m.unit_id = u.id AND m.month = %(month)s
    WHERE u.parent_id = ANY(%(units)s) GROUP BY u.parent_id)
INSERT INTO {TABLE} (month, unit_id, {", ".join(_SUMMED)}, managers, price_median_fen, computed_at)
SELECT %(month)s, unit_id, {", ".join(_SUMMED)}, coalesce(managers, 0), unit_median.fen, %(at)s
FROM below LEFT JOIN people USING (unit_id) LEFT JOIN unit_median USING (unit_id)
"""  # noqa: S608 - constants only

TERRITORIES: tuple[str, ...] = (_UNITS, *strata_sums.TERRITORIES)
ABOVE: tuple[str, ...] = (_UNITS_ABOVE, *strata_sums.ABOVE)
