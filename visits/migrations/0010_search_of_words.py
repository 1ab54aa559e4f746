"""What was written on visits is found by pairs of characters; who was briefed by the day of the visit that counted.

An index of a partitioned table cannot be built CONCURRENTLY: a big installation builds it on each partition first and
attaches it (docs/operations.md).
"""

from django.db import migrations, models

# Each character with the one after it, the last one by itself: pairs are what a search asks for, and a prefix of a pair
# is a single character. Small letters by ASCII only, so that it depends on no locale.
PAIRS = """
CREATE FUNCTION visits_pairs(said text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    found text[] := string_to_array(lower(said COLLATE "C"), NULL);
BEGIN
    FOR i IN 1 .. cardinality(found) - 1 LOOP
        found[i] := found[i] || found[i + 1];
    END LOOP;
    RETURN array_to_tsvector(found);
END $$
"""
# Of all notes: statistics of an expression are not kept for an index with a condition. The insert of a visit only appends
# to the pending list; visits/searching.py merges it (docs/decisions/0019-search-by-pairs-of-characters.md).
PENDING = "WITH (fastupdate = on, gin_pending_list_limit = 16384)"
NOTES = f"CREATE INDEX visit_words ON visits_visit USING gin (visits_pairs(note)) {PENDING}"
WORDS = "visits_pairs(text || ' ' || counter_proposal)"
REMARKS = f"CREATE INDEX remark_words ON visits_remark USING gin ({WORDS}) {PENDING}"


class Migration(migrations.Migration):
    dependencies = [("visits", "0009_photos")]

    operations = [
        migrations.RunSQL(PAIRS, "DROP FUNCTION visits_pairs(text)"),
        migrations.RunSQL(NOTES, "DROP INDEX visit_words"),
        migrations.RunSQL(REMARKS, "DROP INDEX remark_words"),
        migrations.AddIndex(
            model_name="briefed",
            index=models.Index(fields=["territory", "on_date"], name="briefed_day"),
        ),
    ]
