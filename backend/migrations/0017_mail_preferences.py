"""Where a person's mail goes, how often, and what waits."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backend", "0016_uploads_open_of_a_person")]

    operations = [
        migrations.CreateModel(
            name="MailChoice",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("address", models.EmailField(max_length=254, verbose_name="address")),
                (
                    "wanted",
                    models.CharField(
                        choices=[
                            ("none", "no mail"),
                            ("each", "each as it comes"),
                            ("daily", "one mail each working morning"),
                        ],
                        default="daily",
                        max_length=5,
                        verbose_name="wanted",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MailLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("words", models.JSONField()),
                ("made_at", models.DateTimeField()),
                ("queued_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("queued_at", None)), fields=["made_at"], name="mail_line_waiting")
                ],
                "constraints": [models.UniqueConstraint(fields=("person", "key"), name="mail_line_once")],
            },
        ),
    ]
