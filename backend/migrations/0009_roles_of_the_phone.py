"""Who decides doubtful visits, answers requests, reads breaches and devices; and the post of logistics."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ADDED = {
    "account_manager": ("breaches.read",),
    "market_manager": ("visits.verify", "breaches.read", "devices.read"),
    "county_leader": ("visits.verify", "breaches.read", "devices.read"),
    "prefecture_leader": ("breaches.read", "devices.read"),
    "brand_manager": ("requests.answer",),
    "service_desk": ("requests.answer",),
    "enforcement": ("requests.answer", "breaches.read", "breaches.settle"),
    "administrator": ("devices.read",),
}
NEW = {
    "code": "logistics",
    "name": "物流员",
    "name_en": "logistics",
    "capabilities": ["org.read", "retail.read", "brands.read", "policies.read", "requests.answer"],
}


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    roles = apps.get_model("backend", "Role").objects
    roles.update_or_create(code=NEW["code"], defaults=NEW)
    for role in roles.filter(code__in=ADDED):
        role.capabilities = [*(one for one in role.capabilities if one not in ADDED[role.code]), *ADDED[role.code]]
        role.save(update_fields=["capabilities"])


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    roles = apps.get_model("backend", "Role").objects
    roles.filter(code=NEW["code"]).delete()
    for role in roles.filter(code__in=ADDED):
        role.capabilities = [one for one in role.capabilities if one not in ADDED[role.code]]
        role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    dependencies = [("backend", "0008_what_phones_were_told")]

    operations = [migrations.RunPython(add, remove)]
