"""The chain of five facts, the managers' cells as rows, prefectures' months, forecasts and adjustments."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids
from backend.migrating import Together
from backend.partitions import CreatePartitionedModel


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0006_roles_of_the_month"),
        ("brands", "0003_names_may_repeat"),
        ("cycles", "0003_key_by_retailer"),
        ("retail", "0003_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                CreatePartitionedModel(
                    name="Sighting",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "month", "finding_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("month", models.DateField()),
                        ("finding_id", models.UUIDField()),
                        ("rule_version", models.PositiveSmallIntegerField()),
                        ("as_of", models.DateField()),
                        ("severity", models.PositiveSmallIntegerField()),
                        ("threshold", models.JSONField()),
                        ("figures", models.JSONField()),
                        ("evidence", models.JSONField()),
                    ],
                ),
                migrations.RemoveField(
                    model_name="managercycle",
                    name="cells",
                ),
                migrations.AddField(
                    model_name="managercycle",
                    name="scorecard",
                    field=models.JSONField(editable=False, null=True, verbose_name="scorecard at the lock"),
                ),
                migrations.CreateModel(
                    name="Finding",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "dimension",
                            models.CharField(
                                choices=[("client", "client"), ("brand", "brand"), ("market", "market")],
                                max_length=6,
                                verbose_name="dimension",
                            ),
                        ),
                        ("rule", models.CharField(max_length=40, verbose_name="rule")),
                        ("is_restricted", models.BooleanField(default=False, verbose_name="restricted")),
                        ("severity", models.PositiveSmallIntegerField(verbose_name="severity (1 = look first)")),
                        ("opened_on", models.DateField(verbose_name="first seen")),
                        ("first_month", models.DateField(verbose_name="first month")),
                        ("last_month", models.DateField(verbose_name="last month")),
                        ("closed_on", models.DateField(null=True, verbose_name="no longer so since")),
                        (
                            "county",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="brands.product",
                            ),
                        ),
                        (
                            "retailer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="retail.retailer",
                            ),
                        ),
                        (
                            "territory",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "finding",
                        "verbose_name_plural": "findings",
                        "ordering": ("severity", "-opened_on", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="Action",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "dimension",
                            models.CharField(
                                choices=[("client", "client"), ("brand", "brand"), ("market", "market")],
                                max_length=6,
                                verbose_name="dimension",
                            ),
                        ),
                        ("month", models.DateField(verbose_name="month")),
                        ("rule", models.CharField(max_length=40, verbose_name="rule")),
                        ("kind", models.CharField(max_length=40, verbose_name="what to do")),
                        ("parameters", models.JSONField(default=dict, verbose_name="figures of the sentence")),
                        ("metric", models.CharField(max_length=40, verbose_name="metric")),
                        (
                            "goal",
                            models.CharField(
                                choices=[("at_least", "at least"), ("at_most", "at most")],
                                max_length=8,
                                verbose_name="goal",
                            ),
                        ),
                        (
                            "baseline",
                            models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="stands at"),
                        ),
                        (
                            "drafted_target",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="target as drafted"),
                        ),
                        ("target", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="target")),
                        (
                            "best",
                            models.DecimalField(
                                decimal_places=2, max_digits=14, null=True, verbose_name="best of the last 12 months"
                            ),
                        ),
                        ("due_on", models.DateField(verbose_name="due")),
                        (
                            "serves",
                            models.CharField(
                                choices=[
                                    ("visit", "visit"),
                                    ("check", "display check"),
                                    ("briefing", "briefing"),
                                    ("pitch", "pitch"),
                                    ("observation", "observation"),
                                    ("nothing", "no record of a visit"),
                                ],
                                max_length=12,
                                verbose_name="evidence is a",
                            ),
                        ),
                        ("evidence_needed", models.PositiveSmallIntegerField(default=1, verbose_name="records needed")),
                        (
                            "state",
                            models.CharField(
                                choices=[("drafted", "drafted"), ("accepted", "accepted"), ("dropped", "dropped")],
                                default="drafted",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("is_flagged", models.BooleanField(default=False, verbose_name="to be looked at by itself")),
                        (
                            "drop_reason",
                            models.CharField(blank=True, max_length=20, verbose_name="reason for dropping"),
                        ),
                        ("words", models.TextField(blank=True, verbose_name="words")),
                        ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "county",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
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
                            "product",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="brands.product",
                            ),
                        ),
                        (
                            "retailer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="retail.retailer",
                            ),
                        ),
                        (
                            "territory",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "finding",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="actions",
                                to="cycles.finding",
                                verbose_name="finding",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "action",
                        "verbose_name_plural": "actions",
                        "ordering": ("-month", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="Forecast",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("month", models.DateField(verbose_name="month")),
                        ("model_cartons", models.PositiveIntegerField(null=True, verbose_name="by the model")),
                        ("last_month_cartons", models.PositiveIntegerField(null=True, verbose_name="as last month")),
                        ("last_year_cartons", models.PositiveIntegerField(null=True, verbose_name="as last year")),
                        ("parts", models.JSONField(default=dict, verbose_name="how the model came to it")),
                        ("cartons", models.PositiveIntegerField(null=True, verbose_name="forecast")),
                        ("reason", models.TextField(blank=True, verbose_name="reason of the change")),
                        ("made_at", models.DateTimeField(verbose_name="made")),
                        ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
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
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="backend.unit",
                                verbose_name="territory",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "forecast",
                        "verbose_name_plural": "forecasts",
                        "ordering": ("-month", "unit_id"),
                    },
                ),
                migrations.CreateModel(
                    name="FrozenFigure",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "month", "unit_id", "kpi", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("month", models.DateField()),
                        ("kpi", models.CharField(max_length=40)),
                        ("kpi_version", models.PositiveSmallIntegerField()),
                        ("value", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
                        (
                            "unit",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Improvement",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "dimension",
                            models.CharField(
                                choices=[("client", "client"), ("brand", "brand"), ("market", "market")],
                                max_length=6,
                                verbose_name="dimension",
                            ),
                        ),
                        ("month", models.DateField(verbose_name="month of the miss")),
                        ("rule", models.CharField(max_length=40, verbose_name="rule")),
                        ("kind", models.CharField(max_length=40, verbose_name="what to do")),
                        ("parameters", models.JSONField(default=dict, verbose_name="figures of the sentence")),
                        ("metric", models.CharField(max_length=40, verbose_name="metric")),
                        (
                            "goal",
                            models.CharField(
                                choices=[("at_least", "at least"), ("at_most", "at most")],
                                max_length=8,
                                verbose_name="goal",
                            ),
                        ),
                        (
                            "baseline",
                            models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="stood at"),
                        ),
                        ("target", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="target")),
                        ("due_on", models.DateField(verbose_name="due")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "proposed"),
                                    ("open", "open"),
                                    ("met", "met"),
                                    ("partly", "partly met"),
                                    ("dropped", "dropped, with a reason"),
                                ],
                                default="proposed",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "months_open",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="months measured without being met"
                            ),
                        ),
                        (
                            "outcome",
                            models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="measured"),
                        ),
                        ("reason", models.TextField(blank=True, verbose_name="reason")),
                        ("opened_on", models.DateField(verbose_name="opened")),
                        ("closed_on", models.DateField(null=True, verbose_name="closed")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "county",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
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
                            "origin",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="became",
                                to="cycles.action",
                                verbose_name="missed action",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="brands.product",
                            ),
                        ),
                        (
                            "retailer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="retail.retailer",
                            ),
                        ),
                        (
                            "territory",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "improvement",
                        "verbose_name_plural": "improvements",
                        "ordering": ("opened_on", "id"),
                    },
                ),
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="action",
                    name="improvement",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="cycles.improvement",
                        verbose_name="carried improvement",
                    ),
                ),
                migrations.CreateModel(
                    name="ManagerCell",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "cell",
                            models.CharField(
                                choices=[
                                    ("client_analyze", "client: analyze"),
                                    ("client_plan", "client: plan"),
                                    ("client_execute", "client: execute"),
                                    ("client_evaluate", "client: evaluate"),
                                    ("client_improve", "client: improve"),
                                    ("brand_analyze", "brand: analyze"),
                                    ("brand_plan", "brand: plan"),
                                    ("brand_execute", "brand: execute"),
                                    ("brand_evaluate", "brand: evaluate"),
                                    ("brand_improve", "brand: improve"),
                                    ("market_analyze", "market: analyze"),
                                    ("market_plan", "market: plan"),
                                    ("market_execute", "market: execute"),
                                    ("market_evaluate", "market: evaluate"),
                                    ("market_improve", "market: improve"),
                                ],
                                max_length=20,
                                verbose_name="cell",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("drafted", "drafted"),
                                    ("submitted", "submitted"),
                                    ("sent_back", "sent back"),
                                    ("approved", "approved"),
                                    ("locked", "locked"),
                                ],
                                default="drafted",
                                max_length=9,
                                verbose_name="state",
                            ),
                        ),
                        ("draft", models.JSONField(default=list, verbose_name="drafted sentences")),
                        ("drafted_at", models.DateTimeField(null=True, verbose_name="drafted")),
                        ("needs_words", models.BooleanField(default=False, verbose_name="asks for words")),
                        ("words", models.TextField(blank=True, verbose_name="own words")),
                        ("submitted", models.JSONField(null=True, verbose_name="sentences as submitted")),
                        ("submitted_at", models.DateTimeField(null=True, verbose_name="submitted")),
                        ("reviewed_at", models.DateTimeField(null=True, verbose_name="reviewed")),
                        ("reason", models.TextField(blank=True, verbose_name="why sent back")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "cycle",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="cells",
                                to="cycles.managercycle",
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "cell of a manager's month",
                        "verbose_name_plural": "cells of managers' months",
                        "ordering": ("cycle_id", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="Misfire",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("rule", models.CharField(max_length=40, verbose_name="rule")),
                        ("told_at", models.DateTimeField(verbose_name="told")),
                        ("words", models.TextField(verbose_name="why it misfires")),
                        (
                            "findings",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None, verbose_name="findings"
                            ),
                        ),
                        ("answer", models.TextField(blank=True, verbose_name="answer")),
                        ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="told by",
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
                        "verbose_name": "misfire of a rule",
                        "verbose_name_plural": "misfires of rules",
                        "ordering": ("-told_at", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="PrefectureMonth",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "month", "prefecture_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("month", models.DateField(verbose_name="month")),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("measured", "measured"), ("locked", "locked")],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("analyzed_on", models.DateField(null=True, verbose_name="analyzed as of")),
                        (
                            "redrafted_at",
                            models.DateTimeField(null=True, verbose_name="drafted again after the month before"),
                        ),
                        ("planned_at", models.DateTimeField(null=True, verbose_name="stops drafted")),
                        ("measured_at", models.DateTimeField(null=True, verbose_name="measured")),
                        ("locked_at", models.DateTimeField(null=True, verbose_name="locked")),
                        ("reopened_at", models.DateTimeField(null=True, verbose_name="reopened")),
                        ("reopened_until", models.DateField(null=True, verbose_name="reopened until the end of")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "prefecture",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="backend.unit",
                                verbose_name="prefecture",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "month of a prefecture",
                        "verbose_name_plural": "months of prefectures",
                        "ordering": ("-month", "prefecture_id"),
                    },
                ),
                migrations.CreateModel(
                    name="Result",
                    fields=[
                        (
                            "action",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="result",
                                serialize=False,
                                to="cycles.action",
                            ),
                        ),
                        (
                            "value",
                            models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="measured"),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("hit", "hit"), ("miss", "miss"), ("not_measurable", "not measurable")],
                                max_length=14,
                                verbose_name="outcome",
                            ),
                        ),
                        ("evidence_count", models.PositiveIntegerField(verbose_name="records")),
                        ("measured_at", models.DateTimeField(verbose_name="measured at")),
                        ("reason", models.CharField(blank=True, max_length=20, verbose_name="reason of the miss")),
                        ("words", models.TextField(blank=True, verbose_name="words")),
                        ("reason_at", models.DateTimeField(null=True)),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "reason_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Adjustment",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("month", models.DateField(verbose_name="month")),
                        ("figure", models.CharField(max_length=40, verbose_name="figure")),
                        ("action_id", models.UUIDField(null=True)),
                        (
                            "before",
                            models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="before"),
                        ),
                        (
                            "after",
                            models.DecimalField(decimal_places=4, max_digits=18, null=True, verbose_name="after"),
                        ),
                        ("on_date", models.DateField(verbose_name="noticed")),
                        ("made_at", models.DateTimeField(verbose_name="made")),
                        ("absorbed_at", models.DateTimeField(null=True, verbose_name="absorbed by a reopening")),
                        (
                            "county",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "retailer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="retail.retailer",
                            ),
                        ),
                        (
                            "territory",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "adjustment",
                        "verbose_name_plural": "adjustments",
                        "ordering": ("-id",),
                        "indexes": [
                            models.Index(fields=["month", "retailer"], name="adjustment_retailer"),
                            models.Index(fields=["month", "unit"], name="adjustment_unit"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AdviceSheet",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("month", models.DateField(verbose_name="month")),
                        ("figures", models.JSONField(verbose_name="figures")),
                        ("words", models.TextField(blank=True, verbose_name="advice")),
                        ("written_at", models.DateTimeField(verbose_name="written")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="written by",
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
                        "verbose_name": "advice sheet",
                        "verbose_name_plural": "advice sheets",
                        "ordering": ("-month", "id"),
                        "indexes": [models.Index(fields=["territory", "month"], name="advice_sheet_territory")],
                        "constraints": [
                            models.UniqueConstraint(fields=("month", "retailer"), name="advice_sheet_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Evidence",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "action_id", "visit_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("visit_id", models.UUIDField()),
                        ("month", models.DateField()),
                        ("on_date", models.DateField()),
                        ("attached_by", models.CharField(max_length=40)),
                        ("lines", models.PositiveSmallIntegerField()),
                        (
                            "action",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="cycles.action"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["visit_id"], name="evidence_visit")],
                    },
                ),
                migrations.AddIndex(
                    model_name="finding",
                    index=models.Index(fields=["territory", "last_month"], name="finding_territory"),
                ),
                migrations.AddIndex(
                    model_name="finding",
                    index=models.Index(fields=["retailer"], name="finding_retailer"),
                ),
                migrations.AddIndex(
                    model_name="finding",
                    index=models.Index(fields=["unit"], name="finding_unit"),
                ),
                migrations.AddConstraint(
                    model_name="finding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("product", None), ("retailer__isnull", False), ("unit", None)),
                            models.Q(("retailer", None), ("unit__isnull", False)),
                            _connector="OR",
                        ),
                        name="finding_about_one",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="finding",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("closed_on", None)),
                        fields=("rule", "retailer", "unit", "product"),
                        name="finding_open_once",
                        nulls_distinct=False,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="forecast",
                    constraint=models.UniqueConstraint(fields=("month", "unit"), name="forecast_once"),
                ),
                migrations.AddConstraint(
                    model_name="forecast",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("decided_at", None),
                            ("cartons", models.F("model_cartons")),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="forecast_changed_with_reason",
                    ),
                ),
                migrations.AddIndex(
                    model_name="improvement",
                    index=models.Index(fields=["territory", "state"], name="improvement_territory"),
                ),
                migrations.AddIndex(
                    model_name="improvement",
                    index=models.Index(fields=["retailer"], name="improvement_retailer"),
                ),
                migrations.AddConstraint(
                    model_name="improvement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("product", None), ("retailer__isnull", False), ("unit", None)),
                            models.Q(("retailer", None), ("unit__isnull", False)),
                            _connector="OR",
                        ),
                        name="improvement_about_one",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="improvement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on", None), ("state__in", ["proposed", "open"])),
                            models.Q(
                                ("closed_on__gte", models.F("opened_on")),
                                ("outcome__isnull", False),
                                ("state__in", ["met", "partly"]),
                            ),
                            models.Q(
                                ("closed_on__gte", models.F("opened_on")),
                                ("state", "dropped"),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="improvement_never_closes_silently",
                    ),
                ),
                migrations.AddIndex(
                    model_name="action",
                    index=models.Index(fields=["month", "territory"], name="action_territory"),
                ),
                migrations.AddIndex(
                    model_name="action",
                    index=models.Index(fields=["month", "retailer"], name="action_retailer"),
                ),
                migrations.AddConstraint(
                    model_name="action",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("product", None), ("retailer__isnull", False), ("unit", None)),
                            models.Q(("retailer", None), ("unit__isnull", False)),
                            _connector="OR",
                        ),
                        name="action_about_one",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="action",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("drop_reason", ""), ("state", "dropped"), _negated=True),
                        name="action_dropped_with_reason",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="action",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("finding__isnull", False)),
                        fields=("month", "finding"),
                        name="action_of_finding_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="action",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("improvement__isnull", False)),
                        fields=("month", "improvement"),
                        name="action_of_improvement_once",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddConstraint(
                    model_name="managercell",
                    constraint=models.UniqueConstraint(fields=("cycle", "cell"), name="manager_cell_once"),
                ),
                migrations.AddConstraint(
                    model_name="managercell",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), ("state", "sent_back"), _negated=True),
                        name="manager_cell_sent_back_says_why",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="misfire",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at", None)),
                            models.Q(("answered_at__isnull", False), models.Q(("answer", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="misfire_answered_with_words",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="result",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("outcome", "not_measurable"), ("value__isnull", False), _connector="OR"),
                        name="result_measured_or_said_so",
                    ),
                ),
            ]
        ),
    ]
