import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("brands", "0003_names_may_repeat"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceBand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="price band")),
                (
                    "guide_fen",
                    django.contrib.postgres.fields.ranges.IntegerRangeField(verbose_name="guide price per carton, fen"),
                ),
                ("during", django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="in force")),
            ],
            options={
                "verbose_name": "price band",
                "verbose_name_plural": "price bands",
                "ordering": ("during", "guide_fen"),
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("guide_fen", "&&"), ("during", "&&")], name="price_band_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("during", django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="in force")),
                (
                    "guide_fen",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="guide price per carton, fen"),
                ),
                (
                    "wholesale_fen",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="wholesale price per carton, fen"),
                ),
                (
                    "transfer_fen",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="untaxed transfer price per carton, fen"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="brands.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "prices of a product",
                "verbose_name_plural": "prices of products",
                "ordering": ("product_id", "during"),
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("product", "="), ("during", "&&")], name="product_price_once"
                    )
                ],
            },
        ),
    ]
