"""What one person has begun and not finished is counted at each new upload."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backend", "0015_roles_of_the_market")]

    operations = [
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["person"], name="upload_open_of_person", condition=models.Q(done_at=None)),
        ),
    ]
