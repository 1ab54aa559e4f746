"""The reference of benchmarks/intake.py: the same visits as ready-made rows, by binary COPY, one commit per batch."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from benchmarks import field

VISIT = (
    ("id", "uuid"), ("month", "date"), ("retailer_id", "uuid"), ("person_id", "uuid"), ("device_id", "uuid"),
    ("territory_id", "int8"), ("county_id", "int8"), ("on_date", "date"), ("started_at", "timestamptz"),
    ("ended_at", "timestamptz"), ("device_started_at", "timestamptz"), ("device_ended_at", "timestamptz"),
    ("received_at", "timestamptz"), ("device_offset_s", "int8"), ("lon", "float8"), ("lat", "float8"),
    ("datum", "text"), ("accuracy_m", "float8"), ("distance_m", "float8"), ("presence", "text"), ("flags", "varchar[]"),
    ("away_reason", "text"), ("persons_met", "text"), ("note", "text"), ("template_version_id", "int8"),
    ("display_score", "numeric"),
)  # fmt: skip
CHECK = (
    ("month", "date"), ("visit_id", "uuid"), ("line_no", "int2"), ("item_code", "text"), ("answer", "text"),
    ("passed", "bool"), ("points", "numeric"),
)  # fmt: skip
OBSERVATION = (
    ("month", "date"), ("visit_id", "uuid"), ("line_no", "int2"), ("product_id", "int8"), ("on_shelf", "bool"),
    ("carton_price_fen", "int4"), ("pack_price_fen", "int4"), ("stock_packs", "int4"), ("facings", "int2"),
    ("oos_days", "int2"),
)  # fmt: skip
TABLES = {"visits_visit": VISIT, "visits_checkline": CHECK, "visits_observation": OBSERVATION}
Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(made: field.Field, body: bytes) -> Rows:
    """The batch as typed tuples, ready to be copied: made beforehand and not part of what COPY costs."""
    found: Rows = {name: [] for name in TABLES}
    for item in json.loads(body):
        started, ended, sent = (datetime.fromisoformat(item[k]) for k in ("started_at", "ended_at", "sent_at"))
        key, month, place = UUID(item["submission_id"]), started.date().replace(day=1), item["place"]
        found["visits_visit"].append(
            (key, month, UUID(item["retailer_id"]), made.person.pk, made.device.pk, made.territory.pk, made.county.pk,
             started.date(), started, ended, started, ended, sent, 0, place["lon"], place["lat"], place["datum"],
             place["accuracy_m"], 40.0, "valid", [], "", item["persons_met"], item["note"], made.template.pk,
             Decimal("80.00"))
        )  # fmt: skip
        found["visits_checkline"] += [
            (month, key, n, line["item"], str(line["answer"]), bool(line["answer"]), Decimal(10 * line["answer"]))
            for n, line in enumerate(item["check"]["answers"], 1)
        ]
        found["visits_observation"] += [
            (month, key, n, *line.values()) for n, line in enumerate(item["observations"], 1)
        ]
    return found


def copy(plain: Any, rows: Rows) -> None:
    """The reference: three binary COPYs and a commit."""
    with plain.cursor() as cursor:
        for table, columns in TABLES.items():
            names = ", ".join(name for name, _ in columns)
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as stream:
                stream.set_types([kind for _, kind in columns])
                for row in rows[table]:
                    stream.write_row(row)
    plain.commit()
