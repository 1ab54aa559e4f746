"""Which visits count: the one rule of all figures that follow from them; for statements of visits, market and cycles.

A visit whose place is to be verified, or was rejected, counts nowhere: docs/method.md, A visit.
"""

from __future__ import annotations

from visits.models import Visit

NOT_COUNTED = (Visit.Presence.TO_VERIFY, Visit.Presence.REJECTED)


def counts(visit: str = "v") -> str:
    """SQL, true of a visit (the alias, or a column's qualifier) that counts. For our own statements: an alias is no
    value. Pure."""
    held = ", ".join(f"'{presence.value}'" for presence in NOT_COUNTED)
    return f"{visit}.presence NOT IN ({held})"
