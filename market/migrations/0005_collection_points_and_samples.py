"""Where the market is sampled, and what was collected week by week."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids
from backend.migrating import Together


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0011_uploads_and_notices"),
        ("market", "0004_order_recent"),
        ("retail", "0005_routed_needs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="CollectionPoint",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "stratum",
                            models.CharField(
                                choices=[("large", "large"), ("middle", "middle"), ("small", "small")],
                                max_length=6,
                                verbose_name="stratum",
                            ),
                        ),
                        ("during", django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="in force")),
                        (
                            "ended_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("uncooperative", "does not co-operate"),
                                    ("hours", "irregular hours"),
                                    ("elsewhere", "keeps stock elsewhere"),
                                    ("closed", "closed"),
                                    ("moved", "belongs to another territory"),
                                    ("other", "other"),
                                ],
                                max_length=13,
                                verbose_name="why it ended",
                            ),
                        ),
                        ("ended_words", models.CharField(blank=True, max_length=200, verbose_name="words")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "county",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "replaces",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="market.collectionpoint",
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
                        "verbose_name": "collection point",
                        "verbose_name_plural": "collection points",
                        "ordering": ("territory_id", "stratum", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="Sample",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("week_on", models.DateField(verbose_name="week from (Monday)")),
                        ("products", models.JSONField(default=list, verbose_name="products to look at")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("due", "due"),
                                    ("taken", "taken"),
                                    ("late", "taken late"),
                                    ("missed", "missed"),
                                ],
                                default="due",
                                max_length=6,
                                verbose_name="state",
                            ),
                        ),
                        ("visit_id", models.UUIDField(null=True)),
                        ("visit_month", models.DateField(null=True)),
                        ("taken_on", models.DateField(null=True, verbose_name="taken")),
                        ("seen", models.PositiveSmallIntegerField(default=0, verbose_name="products looked at")),
                        ("suspects", models.JSONField(default=list, verbose_name="what does not fit")),
                        ("is_accepted", models.BooleanField(null=True, verbose_name="accepted")),
                        ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                        ("decided_words", models.CharField(blank=True, max_length=200, verbose_name="words")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "county",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
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
                            "point",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="samples",
                                to="market.collectionpoint",
                                verbose_name="point",
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
                        "verbose_name": "weekly sample",
                        "verbose_name_plural": "weekly samples",
                        "ordering": ("-week_on", "id"),
                    },
                ),
            ]
        ),
        Together(
            [
                migrations.AddConstraint(
                    model_name="collectionpoint",
                    constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("retailer", "="), ("during", "&&")], name="collection_point_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="sample",
                    index=models.Index(fields=["territory", "week_on"], name="sample_territory"),
                ),
                migrations.AddConstraint(
                    model_name="sample",
                    constraint=models.UniqueConstraint(fields=("week_on", "point"), name="sample_once_a_week"),
                ),
                migrations.AddConstraint(
                    model_name="sample",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("due", "missed")), ("visit_id", None)),
                            models.Q(("state__in", ("taken", "late")), ("visit_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="sample_taken_by_a_visit",
                    ),
                ),
            ]
        ),
    ]
