"""The monthly report of a unit."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cycles", "0004_the_chain")]

    operations = []
