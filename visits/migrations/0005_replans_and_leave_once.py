"""Plans made anew after a lost day; nobody is on leave twice; what still waits is found by its day."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0006_roles_of_the_month"),
        ("visits", "0004_planned_stops"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Replan",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("lost_on", models.DateField(verbose_name="lost day")),
                ("moves", models.JSONField(verbose_name="moves")),
                ("made_at", models.DateTimeField(verbose_name="made")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="taken back")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
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
                "verbose_name": "new plan after a lost day",
                "verbose_name_plural": "new plans after lost days",
                "ordering": ("-made_at", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="plannedstop",
            index=models.Index(
                condition=models.Q(("state", "planned")), fields=["on_date"], name="planned_stop_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("person", "="), ("during", "&&")], name="leave_once"
            ),
        ),
    ]
