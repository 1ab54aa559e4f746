"""Finds again the records that a finding rests on, from what its sighting kept; asked by the API for its links.

Evidence is `{"kind", "ids", "rows"}`: at most 50 ids of one kind and how many there were; or `{"query", "parameters",
"rows"}`: a query of this file (or registered by a file of rules) with the parameters that find the same rows again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

KEPT = 50  # ids that evidence keeps, links that are shown


@dataclass(frozen=True)
class Kind:
    """A kind of record: its table, where the API has one of them, and the type of its key."""

    table: str
    address: str
    key: str = "uuid"


@dataclass(frozen=True)
class Query:
    """Records by a name: `sql` selects their ids in a fixed order, with named parameters, all of them text."""

    kind: str
    sql: str


@dataclass(frozen=True)
class Proof:
    """The records behind a finding: how many there were, and those that stand there now (at most 50)."""

    kind: str
    rows: int
    ids: tuple[str, ...]

    @property
    def links(self) -> list[str]:
        """Their addresses; each answers only whoever may read that record."""
        return [KINDS[self.kind].address.format(id=one) for one in self.ids]


KINDS: dict[str, Kind] = {
    "order": Kind("market_order", "/api/v1/orders/{id}"),
    "visit": Kind("visits_visit", "/api/v1/visits/{id}"),
    "retailer": Kind("retail_retailer", "/api/v1/retailers/{id}"),
    "promise": Kind("retail_promise", "/api/v1/promises/{id}"),
    "need": Kind("retail_need", "/api/v1/needs/{id}"),
    "stock_count": Kind("market_stockcount", "/api/v1/stock-counts/{id}"),
    "policy_version": Kind("visits_policyversion", "/api/v1/policy-versions/{id}", "bigint"),
    "unit": Kind("backend_unit", "/api/v1/units/{id}", "bigint"),
    "product": Kind("brands_product", "/api/v1/products/{id}", "bigint"),
}
_queries: dict[str, Query] = {}


def register(name: str, kind: str, sql: str) -> None:
    """Adds a query that evidence may name; a second, different one of a name is refused at start."""
    query = Query(kind, sql)
    if kind not in KINDS or _queries.setdefault(name, query) != query:
        raise ValueError(f"query {name} of {kind}")


def find(evidence: Mapping[str, Any], *, limit: int = KEPT) -> Proof:
    """The records of the evidence that are there now, in its order; none where no release knows its kind or query any
    more: findings outlive their rules. One query.

    Late facts may have joined a query's rows since: `rows` says how many there were when the finding was made.
    """
    if evidence.get("query", evidence.get("kind")) not in (_queries if "query" in evidence else KINDS):
        return Proof("", int(evidence["rows"]), ())
    if "query" in evidence:
        query = _queries[evidence["query"]]
        kind, sql, values = query.kind, query.sql, dict(evidence.get("parameters", {}))
    else:
        kind, values = evidence["kind"], {"ids": [str(one) for one in evidence["ids"]]}
        sql = f"""SELECT id FROM {KINDS[kind].table} WHERE id = ANY(%(ids)s::{KINDS[kind].key}[])
            ORDER BY array_position(%(ids)s::text[], id::text)"""  # noqa: S608  tables of our own
    with connection.cursor() as cursor:
        found = f"SELECT found.id::text FROM ({sql}) found LIMIT %(limit)s"  # noqa: S608  a query of our own
        cursor.execute(found, {**values, "limit": limit})
        ids = tuple(row[0] for row in cursor.fetchall())
    return Proof(kind, int(evidence["rows"]), ids)


register(
    "orders_of_shop",
    "order",
    """
    SELECT id FROM market_order
    WHERE retailer_id = %(retailer)s::uuid AND on_date >= %(since)s::date AND on_date < %(until)s::date
    AND month >= date_trunc('month', %(since)s::date) AND month < %(until)s::date
    ORDER BY on_date DESC, id DESC
    """,
)
