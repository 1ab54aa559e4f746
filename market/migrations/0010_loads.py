"""What imports wrote, so that a whole import can be taken back."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("market", "0009_launches")]

    operations = []
