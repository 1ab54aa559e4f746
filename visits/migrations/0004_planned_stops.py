"""Planned stops and leave."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0006_roles_of_the_month"),
        ("retail", "0003_labels"),
        ("visits", "0003_by_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("during", django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="days")),
                ("kind", models.CharField(blank=True, max_length=40, verbose_name="kind")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
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
                "verbose_name": "leave",
                "verbose_name_plural": "leaves",
                "ordering": ("-during", "id"),
            },
        ),
        migrations.CreateModel(
            name="PlannedStop",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(verbose_name="month")),
                ("on_date", models.DateField(verbose_name="day")),
                ("position", models.PositiveSmallIntegerField(verbose_name="place in the day's order")),
                ("reasons", models.JSONField(default=list, verbose_name="reasons")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("done", "done"),
                            ("missed", "missed"),
                            ("dropped", "taken off the plan"),
                        ],
                        default="planned",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                (
                    "miss_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("shop_closed", "shop was closed"),
                            ("holder_away", "holder was away"),
                            ("weather", "weather"),
                            ("duty", "called to other duty"),
                            ("leave", "leave"),
                            ("vehicle", "no vehicle"),
                            ("no_time", "no time left"),
                            ("other", "other, in words"),
                        ],
                        max_length=12,
                        verbose_name="why missed",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=200, verbose_name="words")),
                ("visit_id", models.UUIDField(null=True)),
                ("is_own", models.BooleanField(default=False, verbose_name="set by hand")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "county",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="backend.unit"
                    ),
                ),
                (
                    "retailer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="retail.retailer",
                        verbose_name="retailer",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="backend.unit",
                        verbose_name="territory",
                    ),
                ),
            ],
            options={
                "verbose_name": "planned stop",
                "verbose_name_plural": "planned stops",
                "ordering": ("on_date", "position", "id"),
                "indexes": [
                    models.Index(fields=["territory", "on_date", "position"], name="planned_stop_day"),
                    models.Index(fields=["retailer", "month"], name="planned_stop_retailer"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "dropped"), _negated=True),
                        fields=("retailer", "on_date"),
                        name="planned_stop_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "missed"), ("miss_reason", ""), _connector="OR"),
                        name="planned_stop_reason_of_miss",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), ("visit_id__isnull", False)),
                            models.Q(models.Q(("state", "done"), _negated=True), ("visit_id", None)),
                            _connector="OR",
                        ),
                        name="planned_stop_done_by_a_visit",
                    ),
                ],
            },
        ),
    ]
