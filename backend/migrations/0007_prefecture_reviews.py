"""A brand manager of a prefecture has a leader above who reviews: cycles.review for the prefecture leader."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLE, ADDED = "prefecture_leader", "cycles.review"


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for role in apps.get_model("backend", "Role").objects.filter(code=ROLE):
        role.capabilities = [*(one for one in role.capabilities if one != ADDED), ADDED]
        role.save(update_fields=["capabilities"])


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for role in apps.get_model("backend", "Role").objects.filter(code=ROLE):
        role.capabilities = [one for one in role.capabilities if one != ADDED]
        role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    dependencies = [("backend", "0006_roles_of_the_month")]

    operations = [migrations.RunPython(add, remove)]
