"""Eleven bands of the guide price per carton, in force since 2009 (docs/method.md, price bands: our proposal)."""

from datetime import date
from itertools import pairwise

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

SINCE = date(2009, 1, 1)
YUAN = (0, 50, 80, 100, 130, 160, 200, 250, 300, 400, 600, None)


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    band = apps.get_model("brands", "PriceBand")
    for low, high in pairwise(YUAN):
        band.objects.create(
            name=f"{low}元以上" if high is None else f"{low}-{high}元",
            guide_fen=NumericRange(low * 100, None if high is None else high * 100),
            during=DateRange(SINCE, None),
        )


def unseed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("brands", "PriceBand").objects.filter(during__startswith=SINCE).delete()


class Migration(migrations.Migration):
    dependencies = [("brands", "0004_prices_and_bands")]

    operations = [migrations.RunPython(seed, unseed)]
