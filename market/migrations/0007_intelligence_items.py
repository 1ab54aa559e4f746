"""Items of market intelligence and what becomes of them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("market", "0006_figures_of_the_trade")]

    operations = []
