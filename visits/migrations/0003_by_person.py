"""A person's own last visits are read newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0002_wide_offset")]

    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["person", "-started_at"], name="visit_person"),
        ),
    ]
