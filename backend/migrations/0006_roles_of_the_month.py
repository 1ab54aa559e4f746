"""Who plans, reviews and reopens a month: capabilities added to the roles of older databases (backend/roles.py)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ADDED = {
    "account_manager": ("cycles.plan",),
    "market_manager": ("cycles.plan", "cycles.review"),
    "brand_manager": ("cycles.plan", "cycles.review"),
    "county_leader": ("cycles.review",),
    "prefecture_leader": ("months.reopen", "rules.answer"),
    "administrator": ("months.reopen", "rules.answer", "cycles.read"),
}


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for role in apps.get_model("backend", "Role").objects.filter(code__in=ADDED):
        role.capabilities += [one for one in ADDED[role.code] if one not in role.capabilities]
        role.save(update_fields=["capabilities"])


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for role in apps.get_model("backend", "Role").objects.filter(code__in=ADDED):
        role.capabilities = [one for one in role.capabilities if one not in ADDED[role.code]]
        role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    dependencies = [("backend", "0005_labels")]

    operations = [migrations.RunPython(add, remove)]
