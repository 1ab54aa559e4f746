"""Of a shop and month one score counts: which shops one is in of is noted, apart from the scores."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retail", "0006_promises_due"),
        ("visits", "0013_names_of_classes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ScoredShop",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month", "retailer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                (
                    "retailer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="retail.retailer",
                    ),
                ),
            ],
        ),
    ]
