"""Rows of the roll-ups point to units and products without a check of their own: their facts were checked."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

UNITS = (
    "unitmonth",
    "unitproductmonth",
    "unitsubjectmonth",
    "unitvolumecount",
    "unitstratummonth",
    "unitstratum",
    "unitpricecount",
    "territoryperson",
)


def _unchecked(model: str, name: str, to: str) -> migrations.AlterField:
    link: models.ForeignKey = models.ForeignKey(
        to=to, on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    return migrations.AlterField(model, name, link)


class Migration(migrations.Migration):
    dependencies = [("market", "0010_loads")]

    operations = [
        *(_unchecked(model, "unit", "backend.unit") for model in UNITS),
        *(_unchecked(model, "product", "brands.product") for model in ("unitproductmonth", "unitpricecount")),
    ]
