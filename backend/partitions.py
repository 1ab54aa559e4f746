"""Monthly partitions of the fact tables: how migrations create the parents and how the months come to exist."""

from __future__ import annotations

from datetime import date

from django.apps import apps
from django.conf import settings
from django.db import connection, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

from backend import clock
from backend.locks import Lock, take


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel for a table PARTITION BY RANGE (month). A single-column key `id` becomes PRIMARY KEY (id, month)."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: type[models.Model] = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        sql, params = schema_editor.table_sql(model)
        schema_editor.execute(partitioned(sql), params or None)
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))  # type: ignore[attr-defined]  # as CreateModel does

    def describe(self) -> str:
        return f"Create monthly partitioned model {self.name}"


def partitioned(create_table: str) -> str:
    """Turns Django's CREATE TABLE into one partitioned by month, without a DEFAULT partition."""
    body = create_table
    if " uuid NOT NULL PRIMARY KEY" in body:
        body = body.replace(" uuid NOT NULL PRIMARY KEY", " uuid NOT NULL", 1)
        body = body.rstrip().removesuffix(")") + ', PRIMARY KEY ("id", "month"))'
    return f"{body} PARTITION BY RANGE (month)"


def partitioned_models() -> list[type[models.Model]]:
    """Models that keep a partition per month ready (`PARTITIONED = "monthly"`)."""
    return [m for m in apps.get_models() if getattr(m, "PARTITIONED", "") == "monthly"]


def name_of(table: str, month: date) -> str:
    return f"{table}_{month:%Y%m}"


def ensure_partitions(around: date | None = None, *, back: int | None = None, ahead: int | None = None) -> list[str]:
    """Creates what is missing from `back` months before to `ahead` after a day (default -14 .. +2 around today).

    Idempotent; returns the names created. One query to look, one transaction of two statements per missing partition.
    """
    middle = clock.month_of(around or clock.today())
    first = -(settings.PARTITION_MONTHS_BACK if back is None else back)
    last = settings.PARTITION_MONTHS_AHEAD if ahead is None else ahead
    wanted: dict[str, tuple[str, date]] = {}
    for model in partitioned_models():
        table = model._meta.db_table
        for step in range(first, last + 1):
            month = clock.add_months(middle, step)
            wanted[name_of(table, month)] = (table, month)
    created = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s)", [list(wanted)])
        known = {row[0] for row in cursor.fetchall()}
        for name, (table, month) in wanted.items():
            if name not in known:
                with transaction.atomic():
                    # IF NOT EXISTS alone fails when two create one table at once: the second waits here and then looks.
                    take(Lock.PARTITIONS, name)
                    cursor.execute(partition_sql(name, table, month))
                created.append(name)
    return created


def partition_sql(name: str, table: str, month: date) -> str:
    """CREATE TABLE of one month's partition; nothing where it stands already."""
    after = clock.add_months(month, 1)
    return (
        f'CREATE TABLE IF NOT EXISTS "{name}" PARTITION OF "{table}" '
        f"FOR VALUES FROM ('{month.isoformat()}') TO ('{after.isoformat()}')"
    )


def months_ready(table: str) -> set[date]:
    """First days of the months that have a partition of this table. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " JOIN pg_class p ON p.oid = i.inhparent WHERE p.relname = %s",
            [table],
        )
        return {date(int(n[-6:-2]), int(n[-2:]), 1) for (n,) in cursor.fetchall() if n[-6:].isdigit()}
