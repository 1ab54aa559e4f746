"""Imports that run in the background."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backend", "0012_quarantined_open")]

    operations = []
