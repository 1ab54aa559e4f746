"""Alert rules, alerts and who was told."""

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0017_mail_preferences"),
        ("market", "0007_intelligence_items"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "nation"),
                            (1, "province"),
                            (2, "prefecture"),
                            (3, "county"),
                            (4, "market office"),
                            (5, "territory"),
                        ],
                        verbose_name="level of the units watched",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("name_en", models.CharField(blank=True, max_length=80, verbose_name="English name")),
                ("kpi", models.CharField(max_length=40, verbose_name="figure")),
                ("subject", models.CharField(default="all", max_length=28, verbose_name="subject")),
                ("segment", models.CharField(default="all", max_length=28, verbose_name="segment")),
                (
                    "compared",
                    models.CharField(
                        choices=[
                            ("value", "the figure itself"),
                            ("month", "its change to the month before, in percent"),
                            ("year", "its change to the same month of the year before, in percent"),
                            (
                                "target",
                                "its distance to the target (for sales: to the time passed), in the figure's own unit",
                            ),
                        ],
                        default="value",
                        max_length=6,
                        verbose_name="what is compared",
                    ),
                ),
                (
                    "below",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="below"),
                ),
                (
                    "above",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="above"),
                ),
                (
                    "margin",
                    models.DecimalField(decimal_places=4, default=0, max_digits=14, verbose_name="closes when back by"),
                ),
                (
                    "from_day",
                    models.PositiveSmallIntegerField(
                        default=10, verbose_name="day of the month from which it is watched"
                    ),
                ),
                ("quiet_from", models.TimeField(default=datetime.time(19, 0), verbose_name="quiet from")),
                ("quiet_until", models.TimeField(default=datetime.time(8, 0), verbose_name="quiet until")),
                (
                    "remind_days",
                    models.PositiveSmallIntegerField(default=7, verbose_name="told again after days (0: never)"),
                ),
                (
                    "escalate_days",
                    models.PositiveSmallIntegerField(
                        default=3, verbose_name="told upward after working days (0: never)"
                    ),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="on")),
                ("looked_at", models.DateTimeField(editable=False, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "owner_role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="backend.role",
                        verbose_name="told first",
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
                "verbose_name": "alert rule",
                "verbose_name_plural": "alert rules",
                "ordering": ("unit_id", "kpi", "id"),
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("acknowledged", "acknowledged"), ("closed", "closed")],
                        default="open",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("month", models.DateField(verbose_name="month of the figure")),
                ("value", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="figure")),
                ("measured", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="compared")),
                ("worst", models.DecimalField(decimal_places=4, max_digits=18, verbose_name="worst")),
                ("line", models.DecimalField(decimal_places=4, max_digits=14, verbose_name="line")),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("seen_at", models.DateTimeField(verbose_name="last looked at")),
                ("remind_on", models.DateField(null=True)),
                ("escalate_on", models.DateField(null=True)),
                ("told_level", models.PositiveSmallIntegerField(null=True)),
                ("muted_until", models.DateField(null=True, verbose_name="quiet until")),
                ("said_at", models.DateTimeField(null=True, verbose_name="acknowledged")),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="words")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                (
                    "closed_why",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("returned", "the figure is back"),
                            ("rule_off", "the rule was switched off"),
                            ("unit_gone", "the unit is no longer watched"),
                        ],
                        max_length=9,
                        verbose_name="why it closed",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "said_by",
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
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="market.alertrule",
                        verbose_name="rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "ordering": ("-opened_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="AlertTold",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("owner", "told first by the rule"),
                            ("reminder", "still open"),
                            ("escalation", "nobody below has acknowledged it"),
                            ("returned", "it is over"),
                        ],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("dropped", models.BooleanField(default=False)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="told", to="market.alert"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="backend.unit"),
                ),
                (
                    "role",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="backend.role"),
                ),
            ],
            options={
                "ordering": ("due_at", "id"),
            },
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("above__isnull", False), ("below", None)),
                    models.Q(("above", None), ("below__isnull", False)),
                    _connector="OR",
                ),
                name="alert_rule_one_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(condition=models.Q(("margin__gte", 0)), name="alert_rule_margin"),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_day__gte", 1), ("from_day__lte", 28)), name="alert_rule_from_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("quiet_until__lt", models.F("quiet_from"))), name="alert_rule_quiet_hours"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["unit", "-opened_at"], name="alert_unit"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "closed"), _negated=True), fields=("rule", "unit"), name="alert_open_once"
            ),
        ),
        migrations.AddIndex(
            model_name="alerttold",
            index=models.Index(
                condition=models.Q(("dropped", False), ("told_at", None)), fields=["due_at"], name="alert_told_due"
            ),
        ),
        migrations.AddIndex(
            model_name="alerttold",
            index=models.Index(fields=["alert", "due_at"], name="alert_told_alert"),
        ),
    ]
