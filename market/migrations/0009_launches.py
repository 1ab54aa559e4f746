"""What was agreed for a launch, and how each month judged it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("market", "0008_alerts")]

    operations = []
