"""The monthly report of a unit, its files, and the makings of a prefecture's reports."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids


class Migration(migrations.Migration):
    dependencies = [("cycles", "0004_the_chain")]

    operations = [
        migrations.CreateModel(
            name="ReportRun",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(verbose_name="month")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("lock", "the month was locked"),
                            ("reopened", "the month was reopened and locked again"),
                            ("adjusted", "late facts changed figures of the locked month"),
                        ],
                        max_length=8,
                        verbose_name="cause",
                    ),
                ),
                ("locked_at", models.DateTimeField(verbose_name="locked")),
                ("made_at", models.DateTimeField(verbose_name="figures made")),
                ("of", models.PositiveIntegerField(verbose_name="reports")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="reports with their files")),
                ("done_at", models.DateTimeField(null=True, verbose_name="files made")),
                ("error", models.CharField(blank=True, max_length=60, verbose_name="problem")),
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
                "verbose_name": "making of reports",
                "verbose_name_plural": "makings of reports",
                "ordering": ("-month", "prefecture_id", "-number"),
            },
        ),
        migrations.CreateModel(
            name="MonthlyReport",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(verbose_name="month")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[("drafted", "drafted"), ("released", "report released")],
                        default="drafted",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("template", models.PositiveSmallIntegerField(verbose_name="version of the template")),
                ("content", models.JSONField(verbose_name="content")),
                ("restricted", models.JSONField(default=dict, verbose_name="restricted content")),
                ("words", models.JSONField(default=dict, verbose_name="human lines")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("released_at", models.DateTimeField(null=True, verbose_name="released")),
                ("mailed_at", models.DateTimeField(null=True, verbose_name="mailed")),
                ("fetched_at", models.DateTimeField(null=True, verbose_name="first fetched")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "released_by",
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
                        verbose_name="unit",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="cycles.reportrun"
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly report",
                "verbose_name_plural": "monthly reports",
                "ordering": ("-month", "unit_id", "-number"),
            },
        ),
        migrations.CreateModel(
            name="ReportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_restricted", models.BooleanField(verbose_name="with what is restricted")),
                ("of_version", models.PositiveIntegerField(verbose_name="version of the report")),
                ("name", models.CharField(max_length=120, verbose_name="where it stands")),
                ("sha256", models.CharField(max_length=64)),
                ("size_bytes", models.PositiveIntegerField(verbose_name="bytes")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="cycles.monthlyreport"
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a report",
                "verbose_name_plural": "files of reports",
                "ordering": ("report_id", "is_restricted", "of_version"),
                "constraints": [
                    models.UniqueConstraint(fields=("report", "is_restricted", "of_version"), name="report_file_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="reportrun",
            constraint=models.UniqueConstraint(fields=("month", "prefecture", "number"), name="report_run_once"),
        ),
        migrations.AddConstraint(
            model_name="reportrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("done__lte", models.F("of"))), name="report_run_done_within"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthlyreport",
            constraint=models.UniqueConstraint(fields=("month", "unit", "number"), name="report_once"),
        ),
        migrations.AddConstraint(
            model_name="monthlyreport",
            constraint=models.CheckConstraint(condition=models.Q(("month__day", 1)), name="report_month_first_day"),
        ),
        migrations.AddConstraint(
            model_name="monthlyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("released_at", None), ("released_by", None), ("state", "drafted")),
                    models.Q(("released_at__isnull", False), ("state", "released")),
                    _connector="OR",
                ),
                name="report_released_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="monthlyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("mailed_at", None), ("state", "released"), _connector="OR"),
                name="report_mailed_released",
            ),
        ),
    ]
