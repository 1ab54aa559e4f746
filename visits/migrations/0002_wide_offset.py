"""A phone's clock may be wrong by more seconds than an integer holds (2099 is 2.3 thousand million seconds away)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="visit",
            name="device_offset_s",
            field=models.BigIntegerField(null=True, verbose_name="phone's clock ahead by, s"),
        ),
    ]
