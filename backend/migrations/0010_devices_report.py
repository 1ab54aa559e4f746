"""What a phone reports of itself: its oldest unsent item, its app, its clock."""

from django.db import migrations, models

from backend.migrating import Together


class Migration(migrations.Migration):
    dependencies = [("backend", "0009_roles_of_the_phone")]

    operations = [
        Together(
            [
                migrations.AddField(
                    "device",
                    "oldest_unsent_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="oldest of them"),
                ),
                migrations.AddField(
                    "device",
                    "app_version",
                    models.CharField(blank=True, default="", max_length=32, verbose_name="version of its app"),
                ),
                migrations.AddField(
                    "device",
                    "offset_s",
                    models.IntegerField(blank=True, null=True, verbose_name="its clock less ours, seconds"),
                ),
                migrations.AddField(
                    "device", "heard_at", models.DateTimeField(blank=True, null=True, verbose_name="last report")
                ),
            ]
        ),
    ]
