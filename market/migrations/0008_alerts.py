"""Alert rules, alerts and who was told."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("market", "0007_intelligence_items")]

    operations = []
