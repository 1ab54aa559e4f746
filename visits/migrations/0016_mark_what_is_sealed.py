"""Readings and attempts that have their link already are marked as sealed."""

from django.db import migrations

MARK = """
UPDATE {table} r SET is_sealed = true
WHERE NOT r.is_sealed AND EXISTS (SELECT FROM visits_seal s WHERE s.record = r.id AND s.part = 0)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0015_what_is_sealed"),
    ]

    operations = [
        migrations.RunSQL(MARK.format(table=table), migrations.RunSQL.noop)
        for table in ("visits_policyreading", "visits_quizattempt")
    ]
