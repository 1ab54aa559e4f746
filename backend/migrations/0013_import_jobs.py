"""Imports that run in the background, and the profiles that say how a source's files are read."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backend", "0012_quarantined_open")]

    operations = [
        migrations.AddField(
            model_name="importrun",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="importrun",
            name="cancel_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="importrun",
            name="difference",
            field=models.JSONField(default=list, verbose_name="before and after"),
        ),
        migrations.AddField(
            model_name="importrun",
            name="error",
            field=models.CharField(blank=True, max_length=40, verbose_name="why it failed"),
        ),
        migrations.AddField(
            model_name="importrun",
            name="removed",
            field=models.PositiveIntegerField(default=0, verbose_name="removed"),
        ),
        migrations.AddField(
            model_name="importrun",
            name="rows_expected",
            field=models.PositiveIntegerField(default=0, verbose_name="rows of the file, about"),
        ),
        migrations.AddField(
            model_name="importrun",
            name="rules",
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="finished"),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "waiting to be read"),
                    ("reading", "being read"),
                    ("checked", "read and compared, nothing written"),
                    ("applying", "being applied"),
                    ("looked", "looked at, nothing written"),
                    ("applied", "applied"),
                    ("refused", "refused, nothing written"),
                    ("cancelled", "cancelled, nothing written"),
                    ("failed", "failed, nothing written"),
                    ("undoing", "being taken back"),
                    ("undone", "taken back"),
                ],
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.CreateModel(
            name="ImportProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=24, verbose_name="kind")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("rules", models.JSONField(default=dict, verbose_name="how files are read")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
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
                "verbose_name": "import profile",
                "verbose_name_plural": "import profiles",
                "ordering": ("kind", "name", "id"),
            },
        ),
        migrations.AddField(
            model_name="importrun",
            name="profile",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="backend.importprofile",
                verbose_name="import profile",
            ),
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(condition=models.Q(("finished_at", None)), fields=["started_at"], name="import_open"),
        ),
        migrations.AddConstraint(
            model_name="importprofile",
            constraint=models.UniqueConstraint(fields=("unit", "kind", "name"), name="import_profile_once"),
        ),
    ]
