"""What the posts may do with intelligence, alerts, exports and reports."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ADDED = {
    "account_manager": ("alerts.answer",),
    "market_manager": ("intelligence.verify", "alerts.edit", "alerts.answer", "exports.run", "reports.write"),
    "brand_manager": ("intelligence.verify", "alerts.edit", "alerts.answer", "exports.run"),
    "county_leader": (
        "intelligence.verify",
        "intelligence.decide",
        "alerts.edit",
        "alerts.answer",
        "exports.run",
        "exports.personal",
        "reports.write",
    ),
    "prefecture_leader": (
        "intelligence.decide",
        "alerts.edit",
        "alerts.answer",
        "exports.run",
        "exports.personal",
        "reports.write",
        "launches.decide",
    ),
    "province_leader": ("alerts.edit", "alerts.answer", "exports.run"),
    "analyst": ("intelligence.verify", "alerts.edit", "alerts.answer", "exports.run"),
    "data_steward": ("exports.run",),
}


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for role in apps.get_model("backend", "Role").objects.filter(code__in=ADDED):
        role.capabilities = [*(one for one in role.capabilities if one not in ADDED[role.code]), *ADDED[role.code]]
        role.save(update_fields=["capabilities"])


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for role in apps.get_model("backend", "Role").objects.filter(code__in=ADDED):
        role.capabilities = [one for one in role.capabilities if one not in ADDED[role.code]]
        role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    dependencies = [("backend", "0014_exports")]

    operations = [migrations.RunPython(add, remove)]
