"""Policies for named shops, with quizzes, recalls, who read and passed, which shops were told, questions, seals."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids
from backend.migrating import Together


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0007_prefecture_reviews"),
        ("brands", "0003_names_may_repeat"),
        ("retail", "0003_labels"),
        ("visits", "0006_what_a_visit_carries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="Briefed",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "policy_version_id",
                                "retailer_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("visit_id", models.UUIDField()),
                        ("month", models.DateField()),
                        ("on_date", models.DateField(verbose_name="business date")),
                        ("briefed_at", models.DateTimeField(verbose_name="briefed")),
                        ("channel", models.CharField(max_length=8)),
                        ("told_to", models.CharField(blank=True, max_length=60)),
                        ("understanding", models.PositiveSmallIntegerField(null=True)),
                        ("passed", models.BooleanField(null=True)),
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
                            "policy_version",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="visits.policyversion",
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
                        "verbose_name": "shop that was briefed",
                        "verbose_name_plural": "shops that were briefed",
                        "ordering": ("-briefed_at", "retailer_id", "policy_version_id"),
                    },
                ),
                migrations.CreateModel(
                    name="PolicyAnswer",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("question", models.TextField(verbose_name="question")),
                        ("answer", models.TextField(verbose_name="answer")),
                        ("answered_at", models.DateTimeField(verbose_name="answered")),
                    ],
                    options={
                        "verbose_name": "answer about a policy",
                        "verbose_name_plural": "answers about policies",
                        "ordering": ("-answered_at", "-id"),
                    },
                ),
                migrations.CreateModel(
                    name="PolicyQuestion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("visit_id", models.UUIDField()),
                        ("month", models.DateField()),
                        ("asked_on", models.DateField(verbose_name="asked on")),
                        ("text", models.TextField(verbose_name="question")),
                        ("due_on", models.DateField(verbose_name="to be answered by")),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("answered", "answered")],
                                default="open",
                                max_length=8,
                                verbose_name="state",
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ],
                    options={
                        "verbose_name": "question about a policy",
                        "verbose_name_plural": "questions about policies",
                        "ordering": ("due_on", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="PolicyReading",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("read_at", models.DateTimeField(verbose_name="read")),
                        ("received_at", models.DateTimeField(verbose_name="received")),
                    ],
                    options={
                        "verbose_name": "reading of a policy",
                        "verbose_name_plural": "readings of policies",
                        "ordering": ("-read_at", "-id"),
                    },
                ),
                migrations.CreateModel(
                    name="QuizAttempt",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("answers", models.JSONField(verbose_name="answers")),
                        ("read_at", models.DateTimeField(verbose_name="read")),
                        ("answered_at", models.DateTimeField(verbose_name="answered")),
                        ("received_at", models.DateTimeField(verbose_name="received")),
                        ("asked", models.PositiveSmallIntegerField(verbose_name="questions")),
                        ("right", models.PositiveSmallIntegerField(verbose_name="right answers")),
                        ("passed", models.BooleanField(verbose_name="passed")),
                        ("minutes_from_release", models.PositiveIntegerField(verbose_name="minutes from release")),
                    ],
                    options={
                        "verbose_name": "quiz attempt",
                        "verbose_name_plural": "quiz attempts",
                        "ordering": ("-answered_at", "-id"),
                    },
                ),
                migrations.CreateModel(
                    name="Seal",
                    fields=[
                        ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("briefing", "briefing"), ("reading", "reading"), ("attempt", "quiz attempt")],
                                max_length=8,
                            ),
                        ),
                        ("record", models.UUIDField()),
                        ("part", models.BigIntegerField(default=0)),
                        ("month", models.DateField(null=True)),
                        ("revision", models.PositiveSmallIntegerField(default=1)),
                        ("content", models.BinaryField(max_length=32, null=True)),
                        ("previous", models.BinaryField(max_length=32)),
                        ("hash", models.BinaryField(max_length=32)),
                        ("sealed_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "seal",
                        "verbose_name_plural": "seals",
                        "ordering": ("sequence",),
                    },
                ),
                migrations.AddField(
                    model_name="policy",
                    name="kind",
                    field=models.CharField(
                        choices=[("policy", "policy"), ("product", "new product")],
                        db_default="policy",
                        default="policy",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                migrations.AddField(
                    model_name="policy",
                    name="product",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="brands.product",
                        verbose_name="product",
                    ),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="business_types",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=1), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="effective_on",
                    field=models.DateField(blank=True, null=True, verbose_name="effective on"),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="market_types",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=1), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="pass_percent",
                    field=models.PositiveSmallIntegerField(
                        db_default=80, default=80, verbose_name="passed from, percent"
                    ),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="quiz",
                    field=models.JSONField(blank=True, db_default=[], default=list, verbose_name="quiz"),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="quiz_salt",
                    field=models.CharField(blank=True, db_default="", editable=False, max_length=32),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="quiz_shown",
                    field=models.JSONField(db_default=[], default=list, editable=False),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="recall_reason",
                    field=models.CharField(blank=True, db_default="", max_length=200, verbose_name="why recalled"),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="recalled_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="recalled"),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="shop_quiz",
                    field=models.JSONField(
                        blank=True, db_default=[], default=list, verbose_name="questions for the shop"
                    ),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="superseded_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="superseded"),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="terminal_types",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="tier_from",
                    field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="from tier"),
                ),
                migrations.AddField(
                    model_name="policyversion",
                    name="tier_to",
                    field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="to tier"),
                ),
                migrations.AddConstraint(
                    model_name="policy",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "policy"), ("product", None)),
                            models.Q(("kind", "product"), ("product__isnull", False)),
                            _connector="OR",
                        ),
                        name="policy_product_is_named",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyversion",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("pass_percent__gte", 1), ("pass_percent__lte", 100)),
                        name="policy_pass_percent",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyversion",
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
                        name="policy_tiers_1_to_30",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyversion",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("released_at__isnull", False),
                            models.Q(("recalled_at", None), ("superseded_at", None)),
                            _connector="OR",
                        ),
                        name="policy_version_released_first",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="policyanswer",
                    name="answered_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                migrations.AddField(
                    model_name="policyanswer",
                    name="policy_version",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="visits.policyversion"
                    ),
                ),
                migrations.AddField(
                    model_name="policyquestion",
                    name="asked_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                migrations.AddField(
                    model_name="policyquestion",
                    name="entry",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="visits.policyanswer",
                    ),
                ),
                migrations.AddField(
                    model_name="policyquestion",
                    name="policy_version",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="visits.policyversion"
                    ),
                ),
                migrations.AddField(
                    model_name="policyquestion",
                    name="retailer",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="retail.retailer",
                        verbose_name="retailer",
                    ),
                ),
                migrations.AddField(
                    model_name="policyquestion",
                    name="territory",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="backend.unit",
                        verbose_name="territory",
                    ),
                ),
                migrations.AddField(
                    model_name="policyreading",
                    name="person",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                migrations.AddField(
                    model_name="policyreading",
                    name="policy_version",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="visits.policyversion"
                    ),
                ),
                migrations.AddField(
                    model_name="quizattempt",
                    name="person",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                migrations.AddField(
                    model_name="quizattempt",
                    name="policy_version",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="visits.policyversion",
                    ),
                ),
                migrations.AddField(
                    model_name="quizattempt",
                    name="unit",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="backend.unit",
                        verbose_name="unit",
                    ),
                ),
                migrations.AddIndex(
                    model_name="seal",
                    index=models.Index(fields=["record", "part", "-sequence"], name="seal_record"),
                ),
                migrations.AddIndex(
                    model_name="briefed",
                    index=models.Index(fields=["retailer", "-briefed_at"], name="briefed_retailer"),
                ),
                migrations.AddIndex(
                    model_name="briefed",
                    index=models.Index(fields=["policy_version", "-briefed_at"], name="briefed_version"),
                ),
                migrations.AddIndex(
                    model_name="policyquestion",
                    index=models.Index(
                        condition=models.Q(("state", "open")), fields=["due_on", "id"], name="policy_question_due"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyquestion",
                    constraint=models.UniqueConstraint(
                        fields=("visit_id", "policy_version"), name="policy_question_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyquestion",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry", None), ("state", "open")),
                            models.Q(("entry__isnull", False), ("state", "answered")),
                            _connector="OR",
                        ),
                        name="policy_question_answered_by_an_entry",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="policyreading",
                    constraint=models.UniqueConstraint(fields=("person", "policy_version"), name="policy_read_once"),
                ),
                migrations.AddIndex(
                    model_name="quizattempt",
                    index=models.Index(fields=["policy_version", "person", "answered_at"], name="quiz_attempt_version"),
                ),
                migrations.AddIndex(
                    model_name="quizattempt",
                    index=models.Index(fields=["person", "-answered_at"], name="quiz_attempt_person"),
                ),
            ]
        ),
    ]
