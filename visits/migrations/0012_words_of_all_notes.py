"""Words are indexed of all notes, so that the planner knows how common a pair is; pending pairs wait for the tick.

Statistics of an expression are not kept for an index with a condition. The insert of a visit only appends to the pending
list, visits/searching.py merges it (docs/decisions/0019-search-by-pairs-of-characters.md).
"""

from django.db import migrations

PENDING = "WITH (fastupdate = on, gin_pending_list_limit = 16384)"
NOTES = f"CREATE INDEX visit_words ON visits_visit USING gin (visits_pairs(note)) {PENDING}"
PAIRS = "visits_pairs(text || ' ' || counter_proposal)"
REMARKS = f"CREATE INDEX remark_words ON visits_remark USING gin ({PAIRS}) {PENDING}"
NOTES_BEFORE = "CREATE INDEX visit_words ON visits_visit USING gin (visits_pairs(note)) WHERE note <> ''"
REMARKS_BEFORE = f"CREATE INDEX remark_words ON visits_remark USING gin ({PAIRS})"


class Migration(migrations.Migration):
    dependencies = [("visits", "0011_photos_awaited")]

    operations = [
        migrations.RunSQL("DROP INDEX visit_words", NOTES_BEFORE),
        migrations.RunSQL("DROP INDEX remark_words", REMARKS_BEFORE),
        migrations.RunSQL(NOTES, "DROP INDEX visit_words"),
        migrations.RunSQL(REMARKS, "DROP INDEX remark_words"),
    ]
