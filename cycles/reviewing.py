"""Who reviews which cell of whose month: the table as data, and the people who hold those posts today; asked by verbs.

The table is that of docs/method.md, "Who reviews what". The first post of a chain that somebody else holds at or above
the manager's unit reviews; of several units the nearest. Nobody reviews his own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from cycles.grid import CELLS, Cell, Dimension

CAPABILITY = "cycles.review"
_LEADERS = ("county_leader", "prefecture_leader")
_OF_ACCOUNT_MANAGER = ("market_manager", *_LEADERS)

# role of the manager -> dimension -> posts, the first that somebody holds
CHAINS: Mapping[str, Mapping[Dimension, tuple[str, ...]]] = {
    "account_manager": {
        Dimension.CLIENT: _OF_ACCOUNT_MANAGER,
        Dimension.BRAND: ("brand_manager", *_OF_ACCOUNT_MANAGER),
        Dimension.MARKET: _OF_ACCOUNT_MANAGER,
    },
    "market_manager": dict.fromkeys(Dimension, _LEADERS),
    "brand_manager": dict.fromkeys(Dimension, _LEADERS),
}


@dataclass(frozen=True)
class Reviewers:
    """The post that reviews a cell and who holds it; nobody where the post is empty all the way up."""

    role: str = ""
    people: tuple[tuple[UUID, str], ...] = ()

    def has(self, person_id: UUID) -> bool:
        return any(person == person_id for person, _ in self.people)


# Who holds a post with the capability at or above each manager's unit, himself left out; nearest units first.
_HOLDERS = """
SELECT m.id, m.role_id, p.role_id, p.unit_id, h.id, h.name
FROM cycles_managercycle m JOIN backend_unit u ON u.id = m.unit_id
LEFT JOIN (backend_position p
    JOIN backend_role r ON r.code = p.role_id AND r.capabilities @> ARRAY[%(capability)s]::varchar[]
    JOIN backend_person h ON h.id = p.person_id)
ON p.unit_id = ANY(u.ancestors) AND p.during @> %(on)s::date AND p.person_id <> m.person_id
WHERE m.id = ANY(%(cycles)s::uuid[])
ORDER BY m.id, array_position(u.ancestors, p.unit_id) DESC, h.name, h.id
"""


def reviewers(cycles: Iterable[UUID], on: date) -> dict[UUID, dict[str, Reviewers]]:
    """Who reviews each cell of these managers' months on a day, by the cell's column. One query for any number."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, {"cycles": list(cycles), "on": on, "capability": CAPABILITY})
        rows = cursor.fetchall()
    roles: dict[UUID, str] = {}
    held: dict[UUID, dict[str, dict[int, list[tuple[UUID, str]]]]] = {}
    for cycle, role, post, unit, person, name in rows:
        roles[cycle] = role
        posts = held.setdefault(cycle, {})
        if post is not None:
            posts.setdefault(post, {}).setdefault(unit, []).append((person, name))
    return {cycle: {cell.column: _of(cell, role, held[cycle]) for cell in CELLS} for cycle, role in roles.items()}


def _of(cell: Cell, role: str, held: Mapping[str, Mapping[int, list[tuple[UUID, str]]]]) -> Reviewers:
    for post in CHAINS.get(role, {}).get(cell.dimension, ()):
        if post in held:
            return Reviewers(post, tuple(next(iter(held[post].values()))))
    return Reviewers()
