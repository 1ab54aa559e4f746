"""What is sealed is marked, so that each drain looks at readings and attempts that are new, and at no others."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0016_uploads_open_of_a_person"),
        ("visits", "0014_one_score_a_shop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="policyreading",
            name="is_sealed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="quizattempt",
            name="is_sealed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="policyreading",
            index=models.Index(condition=models.Q(("is_sealed", False)), fields=["id"], name="reading_unsealed"),
        ),
        migrations.AddIndex(
            model_name="quizattempt",
            index=models.Index(condition=models.Q(("is_sealed", False)), fields=["id"], name="quiz_attempt_unsealed"),
        ),
    ]
