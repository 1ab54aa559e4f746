"""Photos that are awaited, and visits that miss some, are found without reading the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0010_search_of_words"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(condition=models.Q(("arrived_at", None)), fields=["photo_id"], name="photo_awaited"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("photos_missing__gt", 0)), fields=["received_at"], name="visit_missing"
            ),
        ),
    ]
