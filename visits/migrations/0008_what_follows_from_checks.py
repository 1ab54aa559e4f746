"""Repair tasks, breaches, signals, verdicts and proposed points; templates say which shops they are for."""

import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids
from backend.migrating import Together


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0009_roles_of_the_phone"),
        ("retail", "0004_withdrawn"),
        ("visits", "0007_policies_with_proof"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="Breach",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("visit_id", models.UUIDField(verbose_name="visit")),
                        ("month", models.DateField(verbose_name="month")),
                        ("on_date", models.DateField(verbose_name="found")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("over_cap", "a price above the highest allowed"),
                                    ("licence_hidden", "licence not shown"),
                                    ("not_holder", "the holder does not trade"),
                                    ("not_genuine", "goods not genuine"),
                                    ("no_minors_sign", "no sign against sale to minors"),
                                    ("near_school", "near a school"),
                                    ("irregular", "irregular trade"),
                                ],
                                max_length=16,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "severity",
                            models.PositiveSmallIntegerField(
                                choices=[(1, "high"), (2, "ordinary")], verbose_name="severity"
                            ),
                        ),
                        ("is_restricted", models.BooleanField(default=False, verbose_name="restricted")),
                        ("figures", models.JSONField(default=dict, verbose_name="figures")),
                        ("words", models.TextField(blank=True, verbose_name="what was found")),
                        ("reported_at", models.DateTimeField(verbose_name="reported")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("reported", "reported"),
                                    ("seen", "seen by the bureau"),
                                    ("closed", "closed"),
                                ],
                                default="reported",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("seen_at", models.DateTimeField(null=True, verbose_name="seen")),
                        ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                        ("outcome", models.CharField(blank=True, max_length=500, verbose_name="what became of it")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ],
                    options={
                        "verbose_name": "breach",
                        "verbose_name_plural": "breaches",
                        "ordering": ("-reported_at", "-id"),
                    },
                ),
                migrations.CreateModel(
                    name="DisplayTask",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("item", "display item"), ("tags", "price tags")],
                                max_length=5,
                                verbose_name="kind",
                            ),
                        ),
                        ("item_code", models.CharField(max_length=32, verbose_name="item")),
                        ("name", models.CharField(max_length=200, verbose_name="what is to be mended")),
                        (
                            "name_en",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="what is to be mended, in English"
                            ),
                        ),
                        ("figures", models.JSONField(default=dict, verbose_name="figures")),
                        ("opened_on", models.DateField(verbose_name="found")),
                        ("opened_visit_id", models.UUIDField(verbose_name="visit that found it")),
                        ("opened_month", models.DateField()),
                        ("failures", models.PositiveSmallIntegerField(default=1, verbose_name="times found")),
                        ("last_on", models.DateField(verbose_name="last found")),
                        ("due_on", models.DateField(verbose_name="due")),
                        ("closed_on", models.DateField(null=True, verbose_name="mended")),
                        ("closed_visit_id", models.UUIDField(null=True, verbose_name="visit that showed it mended")),
                        ("closed_month", models.DateField(null=True)),
                        ("closed_by_photo", models.BooleanField(default=False, verbose_name="shown by a photo after")),
                        ("days", models.PositiveIntegerField(null=True, verbose_name="days until mended")),
                    ],
                    options={
                        "verbose_name": "repair task",
                        "verbose_name_plural": "repair tasks",
                        "ordering": ("due_on", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="PointProposal",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("visit_id", models.UUIDField(verbose_name="visit")),
                        ("month", models.DateField(verbose_name="month")),
                        ("lon", models.FloatField(verbose_name="longitude")),
                        ("lat", models.FloatField(verbose_name="latitude")),
                        ("datum", models.CharField(max_length=8, verbose_name="datum")),
                        ("accuracy_m", models.FloatField(null=True, verbose_name="accuracy, m")),
                        ("proposed_at", models.DateTimeField(verbose_name="proposed")),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("confirmed", "confirmed"), ("rejected", "rejected")],
                                default="open",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                        ("words", models.CharField(blank=True, max_length=200, verbose_name="why decided so")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ],
                    options={
                        "verbose_name": "proposed point",
                        "verbose_name_plural": "proposed points",
                        "ordering": ("-proposed_at", "-id"),
                    },
                ),
                migrations.CreateModel(
                    name="PresenceVerdict",
                    fields=[
                        ("visit_id", models.UUIDField(primary_key=True, serialize=False, verbose_name="visit")),
                        ("month", models.DateField(verbose_name="month")),
                        ("on_date", models.DateField(verbose_name="business date")),
                        (
                            "presence",
                            models.CharField(
                                choices=[("valid", "at the shop"), ("rejected", "rejected")],
                                max_length=10,
                                verbose_name="verdict",
                            ),
                        ),
                        ("words", models.CharField(blank=True, max_length=500, verbose_name="why")),
                        ("decided_at", models.DateTimeField(verbose_name="decided")),
                    ],
                    options={
                        "verbose_name": "verdict on a visit's place",
                        "verbose_name_plural": "verdicts on visits' places",
                        "ordering": ("-decided_at", "visit_id"),
                    },
                ),
                migrations.CreateModel(
                    name="Signal",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("visit_id", models.UUIDField(verbose_name="visit")),
                        ("month", models.DateField(verbose_name="month")),
                        ("on_date", models.DateField(verbose_name="business date")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("too_far", "far from the shop"),
                                    ("no_reason", "away without reason or photo"),
                                    ("mock_location", "mock location"),
                                    ("too_short", "short stay"),
                                    ("late", "told late"),
                                    ("clock_skew", "the phone's clock is wrong"),
                                    ("outside_hours", "outside hours"),
                                    ("left_far", "left far from the shop"),
                                    ("photo_reuse", "photo used before"),
                                    ("photo_far", "photo taken elsewhere"),
                                    ("photo_time", "photo taken at another time"),
                                    ("stock_odd", "stock does not add up"),
                                ],
                                max_length=16,
                                verbose_name="kind",
                            ),
                        ),
                        ("photo_id", models.UUIDField(null=True, verbose_name="photo")),
                        ("figures", models.JSONField(default=dict, verbose_name="figures")),
                        ("raised_at", models.DateTimeField(verbose_name="raised")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "open"),
                                    ("answered", "answered"),
                                    ("accepted", "taken as explained"),
                                    ("dismissed", "found to be as signalled"),
                                ],
                                default="open",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "answer",
                            models.CharField(blank=True, max_length=500, verbose_name="what the account manager says"),
                        ),
                        ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                        ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                        ("words", models.CharField(blank=True, max_length=500, verbose_name="why decided so")),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ],
                    options={
                        "verbose_name": "signal",
                        "verbose_name_plural": "signals",
                        "ordering": ("-raised_at", "-id"),
                    },
                ),
                migrations.AddField(
                    model_name="displaytemplate",
                    name="name_en",
                    field=models.CharField(blank=True, db_default="", max_length=80, verbose_name="name in English"),
                ),
                migrations.AddField(
                    model_name="templateversion",
                    name="market_types",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=1), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="templateversion",
                    name="terminal_types",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="templateversion",
                    name="tier_from",
                    field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="from tier"),
                ),
                migrations.AddField(
                    model_name="templateversion",
                    name="tier_to",
                    field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="to tier"),
                ),
                migrations.AlterField(
                    model_name="templateversion",
                    name="during",
                    field=django.contrib.postgres.fields.ranges.DateRangeField(
                        blank=True, null=True, verbose_name="in force"
                    ),
                ),
                migrations.AlterField(
                    model_name="visit",
                    name="presence",
                    field=models.CharField(
                        choices=[
                            ("valid", "at the shop"),
                            ("to_verify", "to verify"),
                            ("unknown", "no position"),
                            ("rejected", "rejected"),
                        ],
                        max_length=10,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="templateversion",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("tier_from", None),
                                models.Q(("tier_from__gte", 1), ("tier_from__lte", 30)),
                                _connector="OR",
                            ),
                            models.Q(
                                ("tier_to", None), models.Q(("tier_to__gte", 1), ("tier_to__lte", 30)), _connector="OR"
                            ),
                            models.Q(
                                ("tier_from", None),
                                ("tier_to", None),
                                ("tier_from__lte", models.F("tier_to")),
                                _connector="OR",
                            ),
                        ),
                        name="template_tiers_1_to_30",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="breach",
                    name="closed_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="breach",
                    name="county",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="breach",
                    name="person",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="breach",
                    name="retailer",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="retail.retailer",
                    ),
                ),
                migrations.AddField(
                    model_name="breach",
                    name="seen_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="breach",
                    name="territory",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="displaytask",
                    name="county",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="displaytask",
                    name="retailer",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="retail.retailer",
                    ),
                ),
                migrations.AddField(
                    model_name="displaytask",
                    name="template",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="visits.displaytemplate",
                    ),
                ),
                migrations.AddField(
                    model_name="displaytask",
                    name="territory",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="pointproposal",
                    name="county",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="pointproposal",
                    name="decided_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="pointproposal",
                    name="person",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="pointproposal",
                    name="retailer",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="retail.retailer",
                        verbose_name="retailer",
                    ),
                ),
                migrations.AddField(
                    model_name="pointproposal",
                    name="territory",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="presenceverdict",
                    name="county",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="presenceverdict",
                    name="decided_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="presenceverdict",
                    name="person",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="presenceverdict",
                    name="retailer",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="retail.retailer",
                    ),
                ),
                migrations.AddField(
                    model_name="presenceverdict",
                    name="territory",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="signal",
                    name="county",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddField(
                    model_name="signal",
                    name="decided_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="signal",
                    name="person",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="signal",
                    name="retailer",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="retail.retailer",
                    ),
                ),
                migrations.AddField(
                    model_name="signal",
                    name="territory",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="backend.unit",
                    ),
                ),
                migrations.AddIndex(
                    model_name="breach",
                    index=models.Index(fields=["county", "-reported_at"], name="breach_county"),
                ),
                migrations.AddIndex(
                    model_name="breach",
                    index=models.Index(fields=["territory", "-reported_at"], name="breach_territory"),
                ),
                migrations.AddConstraint(
                    model_name="breach",
                    constraint=models.UniqueConstraint(fields=("visit_id", "kind"), name="breach_once"),
                ),
                migrations.AddConstraint(
                    model_name="breach",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "closed"), _negated=True),
                            models.Q(("closed_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="breach_closed_with_words",
                    ),
                ),
                migrations.AddIndex(
                    model_name="displaytask",
                    index=models.Index(fields=["retailer", "opened_on"], name="display_task_retailer"),
                ),
                migrations.AddIndex(
                    model_name="displaytask",
                    index=models.Index(fields=["territory", "due_on"], name="display_task_territory"),
                ),
                migrations.AddIndex(
                    model_name="displaytask",
                    index=models.Index(
                        condition=models.Q(("closed_on__isnull", False)),
                        fields=["closed_on"],
                        name="display_task_closed",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="displaytask",
                    constraint=models.UniqueConstraint(
                        fields=("opened_visit_id", "kind", "item_code"), name="display_task_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="displaytask",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on", None), ("days", None)),
                            models.Q(("closed_on__gte", models.F("opened_on")), ("days__isnull", False)),
                            _connector="OR",
                        ),
                        name="display_task_closed_after",
                    ),
                ),
                migrations.AddIndex(
                    model_name="pointproposal",
                    index=models.Index(fields=["territory", "-proposed_at"], name="point_territory"),
                ),
                migrations.AddConstraint(
                    model_name="pointproposal",
                    constraint=models.UniqueConstraint(fields=("visit_id",), name="point_proposed_once"),
                ),
                migrations.AddConstraint(
                    model_name="pointproposal",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("retailer",), name="point_one_open"
                    ),
                ),
                migrations.AddIndex(
                    model_name="signal",
                    index=models.Index(fields=["territory", "-raised_at"], name="signal_territory"),
                ),
                migrations.AddIndex(
                    model_name="signal",
                    index=models.Index(fields=["retailer", "-raised_at"], name="signal_retailer"),
                ),
                migrations.AddConstraint(
                    model_name="signal",
                    constraint=models.UniqueConstraint(
                        fields=("visit_id", "kind", "photo_id"), name="signal_once", nulls_distinct=False
                    ),
                ),
                migrations.AddConstraint(
                    model_name="signal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("state__in", ("open", "answered"))),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ("accepted", "dismissed")),
                            ),
                            _connector="OR",
                        ),
                        name="signal_decided_whole",
                    ),
                ),
            ]
        ),
    ]
