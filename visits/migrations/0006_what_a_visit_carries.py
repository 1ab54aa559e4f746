"""What a visit carries beside its first five captures; its photos, its revisions, and the score without a name."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids
from backend.migrating import Together
from backend.partitions import CreatePartitionedModel


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0007_prefecture_reviews"),
        ("retail", "0003_labels"),
        ("visits", "0005_replans_and_leave_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                CreatePartitionedModel(
                    name="ComplianceCheck",
                    fields=[
                        ("month", models.DateField()),
                        ("visit_id", models.UUIDField()),
                        ("line_no", models.PositiveSmallIntegerField()),
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "month",
                                "visit_id",
                                "line_no",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("tags_shown", models.PositiveSmallIntegerField(null=True)),
                        ("tags_missing", models.PositiveSmallIntegerField(null=True)),
                        ("tags_mismatched", models.PositiveSmallIntegerField(null=True)),
                        ("tags_altered", models.PositiveSmallIntegerField(null=True)),
                        ("tags_over_cap", models.PositiveSmallIntegerField(null=True)),
                        ("licence_shown", models.BooleanField(null=True)),
                        ("holder_trades", models.BooleanField(null=True)),
                        ("goods_genuine", models.BooleanField(null=True)),
                        ("minors_sign", models.BooleanField(null=True)),
                        ("id_asked", models.BooleanField(null=True)),
                        ("near_school", models.BooleanField(null=True)),
                        ("words", models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                CreatePartitionedModel(
                    name="Training",
                    fields=[
                        ("month", models.DateField()),
                        ("visit_id", models.UUIDField()),
                        ("line_no", models.PositiveSmallIntegerField()),
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "month",
                                "visit_id",
                                "line_no",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("topic", models.CharField(max_length=120)),
                        ("minutes", models.PositiveSmallIntegerField()),
                        ("told_to", models.CharField(blank=True, max_length=60)),
                        ("understanding", models.PositiveSmallIntegerField(null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.AddField(
                    model_name="briefing",
                    name="answers",
                    field=models.JSONField(db_default=[], default=list),
                ),
                migrations.AddField(
                    model_name="briefing",
                    name="channel",
                    field=models.CharField(
                        choices=[("visit", "visit"), ("phone", "phone"), ("group", "meeting"), ("wechat", "WeChat")],
                        db_default="visit",
                        default="visit",
                        max_length=8,
                    ),
                ),
                migrations.AddField(
                    model_name="briefing",
                    name="passed",
                    field=models.BooleanField(null=True),
                ),
                migrations.AddField(
                    model_name="briefing",
                    name="signature_photo_id",
                    field=models.UUIDField(null=True),
                ),
                migrations.AddField(
                    model_name="briefing",
                    name="unanswered",
                    field=models.BooleanField(db_default=False, default=False),
                ),
                migrations.AddField(
                    model_name="checkline",
                    name="after_photo_id",
                    field=models.UUIDField(null=True),
                ),
                migrations.AddField(
                    model_name="checkline",
                    name="before_photo_id",
                    field=models.UUIDField(null=True),
                ),
                migrations.AddField(
                    model_name="checkline",
                    name="fixed",
                    field=models.BooleanField(db_default=False, default=False),
                ),
                migrations.AddField(
                    model_name="checkline",
                    name="products",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="confidence",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="remark",
                    name="campaign",
                    field=models.CharField(blank=True, db_default="", max_length=80),
                ),
                migrations.AddField(
                    model_name="remark",
                    name="confidence",
                    field=models.PositiveSmallIntegerField(
                        choices=[(1, "heard of"), (2, "likely"), (3, "seen")], null=True
                    ),
                ),
                migrations.AddField(
                    model_name="remark",
                    name="is_restricted",
                    field=models.BooleanField(db_default=False, default=False),
                ),
                migrations.AddField(
                    model_name="remark",
                    name="place",
                    field=models.CharField(blank=True, db_default="", max_length=120),
                ),
                migrations.AddField(
                    model_name="remark",
                    name="price_fen",
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="remark",
                    name="quantity",
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="confirmed_by",
                    field=models.CharField(blank=True, db_default="", max_length=60, verbose_name="confirmed by"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="content_sha256",
                    field=models.BinaryField(max_length=32, null=True),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="left_accuracy_m",
                    field=models.FloatField(null=True),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="left_datum",
                    field=models.CharField(max_length=8, null=True),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="left_distance_m",
                    field=models.FloatField(null=True, verbose_name="distance from the shop at the end, m"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="left_lat",
                    field=models.FloatField(null=True),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="left_lon",
                    field=models.FloatField(null=True),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="photos_declared",
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="photos declared"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="photos_missing",
                    field=models.PositiveSmallIntegerField(
                        db_default=0, default=0, verbose_name="photos still missing"
                    ),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="purposes",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="revision",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="revision"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="signature_photo_id",
                    field=models.UUIDField(null=True, verbose_name="photo of the signature"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="stop_id",
                    field=models.UUIDField(null=True, verbose_name="planned stop that the phone meant to serve"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="tags",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24), db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="typed_s",
                    field=models.PositiveIntegerField(null=True, verbose_name="seconds spent typing"),
                ),
                migrations.AddField(
                    model_name="visit",
                    name="unplanned_reason",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("shop_asked", "the shop asked"),
                            ("nearby", "was nearby"),
                            ("complaint", "complaint"),
                            ("follow_up", "follow-up"),
                            ("told_to", "asked by a superior"),
                            ("other", "other"),
                        ],
                        db_default="",
                        max_length=12,
                    ),
                ),
                migrations.AlterField(
                    model_name="remark",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("brand_opinion", "opinion on a brand"),
                            ("policy_opinion", "opinion on a policy"),
                            ("campaign_opinion", "opinion on a campaign"),
                            ("rival_move", "a rival's move"),
                            ("event", "event nearby"),
                            ("flow_price", "price among dealers"),
                            ("irregular", "irregular trade"),
                            ("consumer_trend", "consumer trend"),
                            ("other", "other"),
                        ],
                        max_length=16,
                    ),
                ),
                CreatePartitionedModel(
                    name="Photo",
                    fields=[
                        ("month", models.DateField()),
                        ("visit_id", models.UUIDField()),
                        ("line_no", models.PositiveSmallIntegerField()),
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "month",
                                "visit_id",
                                "line_no",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("photo_id", models.UUIDField()),
                        ("sha256", models.BinaryField(max_length=32)),
                        ("size_bytes", models.PositiveIntegerField()),
                        ("taken_at", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("shop", "shop front"),
                                    ("display", "display"),
                                    ("before", "before"),
                                    ("after", "after"),
                                    ("tag", "price tags"),
                                    ("licence", "licence"),
                                    ("away", "away from the shop"),
                                    ("signature", "signature"),
                                    ("other", "other"),
                                ],
                                default="other",
                                max_length=10,
                            ),
                        ),
                        ("item_code", models.CharField(blank=True, max_length=32)),
                        ("arrived_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["photo_id"], name="photo_by_id")],
                    },
                ),
                migrations.CreateModel(
                    name="VisitRevision",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("visit_id", models.UUIDField()),
                        ("month", models.DateField()),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "act",
                            models.CharField(choices=[("edit", "edited"), ("withdraw", "withdrawn")], max_length=8),
                        ),
                        ("made_at", models.DateTimeField(verbose_name="made")),
                        ("before", models.JSONField()),
                        ("after", models.JSONField(null=True)),
                        ("sha256", models.BinaryField(max_length=32)),
                        ("reason", models.CharField(blank=True, max_length=200)),
                        (
                            "county",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.device",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
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
                        (
                            "territory",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "revision of a visit",
                        "verbose_name_plural": "revisions of visits",
                        "ordering": ("-made_at", "id"),
                        "indexes": [models.Index(fields=["retailer", "month"], name="visit_revision_retailer")],
                        "constraints": [
                            models.UniqueConstraint(fields=("visit_id", "number"), name="visit_revision_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitScore",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("month", models.DateField()),
                        ("score", models.PositiveSmallIntegerField()),
                        (
                            "county",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                        (
                            "territory",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="backend.unit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["month", "territory"], name="visit_score_month")],
                    },
                ),
            ]
        ),
    ]
