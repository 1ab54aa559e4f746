"""The national price classes by untaxed transfer price per carton, in force since 2009 (docs/method.md, price class)."""

from datetime import date

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

SINCE = date(2009, 1, 1)
BANDS = ((1, 10_000, None), (2, 7_000, 10_000), (3, 3_000, 7_000), (4, 1_650, 3_000), (5, 0, 1_650))


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    band = apps.get_model("brands", "PriceClassBand")
    for price_class, low, high in BANDS:
        band.objects.create(
            price_class=price_class, transfer_fen=NumericRange(low, high), during=DateRange(SINCE, None)
        )


def unseed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("brands", "PriceClassBand").objects.filter(during__startswith=SINCE).delete()


class Migration(migrations.Migration):
    dependencies = [("brands", "0001_initial")]

    operations = [migrations.RunPython(seed, unseed)]
