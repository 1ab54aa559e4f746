"""Exports as jobs: what was asked for, and where its file stands until it expires."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids


class Migration(migrations.Migration):
    dependencies = [("backend", "0013_import_jobs")]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=24, verbose_name="kind")),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("parquet", "Parquet")],
                        max_length=8,
                        verbose_name="format",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "waiting to be made"),
                            ("running", "being made"),
                            ("ready", "ready to be fetched"),
                            ("failed", "failed, there is no file"),
                            ("cancelled", "cancelled, there is no file"),
                            ("expired", "expired, its file is gone"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("since", models.DateField(null=True, verbose_name="from day")),
                ("until", models.DateField(null=True, verbose_name="to day")),
                ("filters", models.JSONField(default=dict, verbose_name="filters")),
                ("language", models.CharField(max_length=8)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason for personal data")),
                ("is_masked", models.BooleanField(default=True, verbose_name="personal data is masked")),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("rows_expected", models.PositiveIntegerField(default=0, verbose_name="rows, about")),
                ("size_bytes", models.PositiveBigIntegerField(null=True, verbose_name="bytes")),
                ("sha256", models.BinaryField(max_length=32, null=True)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("manifest", models.JSONField(null=True)),
                ("error", models.CharField(blank=True, max_length=40, verbose_name="why it failed")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("cancel_asked_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("as_of", models.DateTimeField(null=True, verbose_name="data as of")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="file kept until")),
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
                    "under",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="backend.unit"
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
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ("-asked_at", "-id"),
                "indexes": [
                    models.Index(condition=models.Q(("finished_at", None)), fields=["asked_at"], name="export_open"),
                    models.Index(fields=["person", "-asked_at"], name="export_person"),
                    models.Index(condition=models.Q(("state", "ready")), fields=["expires_at"], name="export_expiry"),
                ],
            },
        ),
    ]
