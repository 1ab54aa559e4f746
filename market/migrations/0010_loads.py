"""When shops may order; what imports wrote, so that a whole import can be taken back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backend", "0013_import_jobs"), ("market", "0009_launches")]

    operations = [
        migrations.CreateModel(
            name="LoadedKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=24)),
                ("key", models.CharField(max_length=120)),
                ("before", models.JSONField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.importrun",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run"], name="loaded_key_run")],
                "constraints": [models.UniqueConstraint(fields=("kind", "key", "run"), name="loaded_key_once")],
            },
        ),
        migrations.CreateModel(
            name="OrderWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_weekday", models.PositiveSmallIntegerField(verbose_name="order weekday (1 = Monday)")),
                ("opens_weekday", models.PositiveSmallIntegerField(verbose_name="opens on weekday")),
                ("opens_at", models.TimeField(verbose_name="opens at")),
                ("closes_weekday", models.PositiveSmallIntegerField(verbose_name="closes on weekday")),
                ("closes_at", models.TimeField(verbose_name="closes at")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="backend.unit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "order window",
                "verbose_name_plural": "order windows",
                "ordering": ("unit_id", "order_weekday"),
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "order_weekday"), name="order_window_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closes_weekday__range", (1, 7)),
                            ("opens_weekday__range", (1, 7)),
                            ("order_weekday__range", (1, 7)),
                        ),
                        name="order_window_weekdays",
                    ),
                ],
            },
        ),
    ]
