"""The roles of a fresh database (backend/roles.py)."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from backend.roles import ROLES


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    role = apps.get_model("backend", "Role")
    role.objects.bulk_create(
        [role(code=r.code, name=r.name, name_en=r.name_en, capabilities=list(r.capabilities)) for r in ROLES]
    )


def unseed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("backend", "Role").objects.filter(code__in=[r.code for r in ROLES]).delete()


class Migration(migrations.Migration):
    dependencies = [("backend", "0002_guards")]

    operations = [migrations.RunPython(seed, unseed)]
