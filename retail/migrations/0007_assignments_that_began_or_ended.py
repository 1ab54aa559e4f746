"""Which shops came to a territory since a day, and which have left one: found without reading all assignments."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retail", "0006_promises_due")]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(models.F("during__startswith"), name="assignment_began"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                models.F("during__endswith"),
                condition=models.Q(during__endswith__isnull=False),
                name="assignment_ended",
            ),
        ),
    ]
