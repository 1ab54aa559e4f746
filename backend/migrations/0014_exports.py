"""Exports as jobs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backend", "0013_import_jobs")]

    operations = []
