"""Needs are routed to a department with a clock; what it replied and what changed is kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids
from backend.migrating import Together


class Migration(migrations.Migration):
    dependencies = [
        ("retail", "0004_withdrawn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="NeedEvent",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("made_at", models.DateTimeField(verbose_name="made")),
                        ("what", models.CharField(max_length=12, verbose_name="what changed")),
                        ("before", models.CharField(blank=True, max_length=40, verbose_name="before")),
                        ("after", models.CharField(blank=True, max_length=40, verbose_name="after")),
                    ],
                    options={
                        "verbose_name": "change of a need",
                        "verbose_name_plural": "changes of needs",
                        "ordering": ("need_id", "made_at", "id"),
                    },
                ),
                migrations.CreateModel(
                    name="NeedReply",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("made_at", models.DateTimeField(verbose_name="made")),
                        ("words", models.TextField(verbose_name="words")),
                    ],
                    options={
                        "verbose_name": "reply to a need",
                        "verbose_name_plural": "replies to needs",
                        "ordering": ("need_id", "made_at", "id"),
                    },
                ),
                migrations.AddField(
                    model_name="need",
                    name="department",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("service_desk", "service desk"),
                            ("enforcement", "enforcement"),
                            ("brand", "brand"),
                            ("logistics", "logistics"),
                        ],
                        db_default="",
                        max_length=12,
                        verbose_name="department",
                    ),
                ),
                migrations.AddField(
                    model_name="need",
                    name="replied_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="replied"),
                ),
                migrations.AddField(
                    model_name="need",
                    name="reply_due_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="reply due"),
                ),
                migrations.AddField(
                    model_name="need",
                    name="routed_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="routed"),
                ),
                migrations.AddField(
                    model_name="need",
                    name="taken_at",
                    field=models.DateTimeField(blank=True, null=True, verbose_name="taken"),
                ),
                migrations.AddField(
                    model_name="need",
                    name="taken_by",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="need",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("supply", "supply"),
                            ("brand", "brand"),
                            ("display", "display"),
                            ("training", "training"),
                            ("complaint", "complaint"),
                            ("request", "request for support"),
                            ("other", "other"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                migrations.AddIndex(
                    model_name="need",
                    index=models.Index(
                        condition=models.Q(("replied_at", None)),
                        fields=["department", "reply_due_at"],
                        name="need_waiting",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="need",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("department", ""),
                                ("replied_at", None),
                                ("reply_due_at", None),
                                ("routed_at", None),
                                ("taken_at", None),
                            ),
                            models.Q(
                                models.Q(("department", ""), _negated=True),
                                ("reply_due_at__isnull", False),
                                ("routed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="need_routed_whole",
                    ),
                ),
            ]
        ),
        Together(
            [
                migrations.AddField(
                    model_name="needevent",
                    name="need",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="retail.need",
                        verbose_name="need",
                    ),
                ),
                migrations.AddField(
                    model_name="needevent",
                    name="person",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                migrations.AddField(
                    model_name="needreply",
                    name="need",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replies",
                        to="retail.need",
                        verbose_name="need",
                    ),
                ),
                migrations.AddField(
                    model_name="needreply",
                    name="person",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ]
        ),
    ]
