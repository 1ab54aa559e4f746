"""What was agreed for a launch, and how each month judged it."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids

_UNDER_WAY = ("draft", "trial", "cure", "exit_proposed", "clearing")


class Migration(migrations.Migration):
    dependencies = [
        ("brands", "0005_price_bands"),
        ("market", "0008_alerts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Launch",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("supply_on", models.DateField(verbose_name="supplied from")),
                ("how", models.CharField(blank=True, max_length=200, verbose_name="how it is brought")),
                (
                    "places",
                    models.CharField(blank=True, max_length=200, verbose_name="where: trade areas or market type"),
                ),
                ("audience", models.CharField(blank=True, max_length=200, verbose_name="to whom: which shops")),
                (
                    "first_cartons",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="first purchase, cartons"),
                ),
                (
                    "on_shelf_goal",
                    models.DecimalField(
                        decimal_places=1, default=Decimal("80"), max_digits=4, verbose_name="on the shelf, %"
                    ),
                ),
                (
                    "repurchase_goal",
                    models.DecimalField(
                        decimal_places=1, default=Decimal("50"), max_digits=4, verbose_name="repurchase, %"
                    ),
                ),
                (
                    "sell_through_goal",
                    models.DecimalField(
                        decimal_places=1, default=Decimal("50"), max_digits=4, verbose_name="sell-through, %"
                    ),
                ),
                (
                    "stock_ratio_goal",
                    models.DecimalField(
                        decimal_places=2, default=Decimal("1"), max_digits=4, verbose_name="stock to sales at most"
                    ),
                ),
                ("volume_goal", models.PositiveIntegerField(blank=True, null=True, verbose_name="cartons a month")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("trial", "on trial"),
                            ("cure", "in cure"),
                            ("passed", "passed"),
                            ("exit_proposed", "exit proposed"),
                            ("kept", "kept"),
                            ("clearing", "stock is being cleared"),
                            ("cleared", "gone"),
                            ("left_over", "stock left over"),
                        ],
                        default="draft",
                        max_length=13,
                        verbose_name="state",
                    ),
                ),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                (
                    "decided_words",
                    models.CharField(blank=True, max_length=500, verbose_name="words of the decision"),
                ),
                ("clear_by", models.DateField(null=True, verbose_name="stock to be cleared by")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="planned by",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="brands.product",
                        verbose_name="product",
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
                "verbose_name": "launch",
                "verbose_name_plural": "launches",
                "ordering": ("-supply_on", "id"),
                "indexes": [models.Index(fields=["state"], name="launch_state")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", _UNDER_WAY)),
                        fields=("unit", "product"),
                        name="launch_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state="draft")
                        | (
                            models.Q(approved_at__isnull=False, first_cartons__isnull=False)
                            & ~models.Q(how="")
                            & ~models.Q(places="")
                            & ~models.Q(audience="")
                        ),
                        name="launch_approved_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LaunchVerdict",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(verbose_name="month")),
                ("number", models.PositiveSmallIntegerField(verbose_name="month of the launch")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("passed", "passed"),
                            ("cure", "to be cured"),
                            ("exit_proposed", "exit proposed"),
                            ("cleared", "gone"),
                            ("left_over", "stock left over"),
                        ],
                        max_length=13,
                        verbose_name="verdict",
                    ),
                ),
                ("figures", models.JSONField(verbose_name="figures")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verdicts",
                        to="market.launch",
                        verbose_name="launch",
                    ),
                ),
            ],
            options={
                "verbose_name": "verdict on a launch",
                "verbose_name_plural": "verdicts on launches",
                "ordering": ("launch_id", "month"),
                "constraints": [models.UniqueConstraint(fields=("launch", "month"), name="launch_verdict_once")],
            },
        ),
    ]
