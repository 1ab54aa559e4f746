"""Invariants that no code path may bypass: the shape of the org tree and the append-only audit."""

from django.db import migrations

TREE = """
CREATE FUNCTION backend_unit_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above backend_unit%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.parent_id, NEW.level) IS DISTINCT FROM (OLD.parent_id, OLD.level) THEN
            RAISE EXCEPTION 'a unit never changes its parent or level: close it and open a successor'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_never_moves';
        END IF;
        NEW.ancestors := OLD.ancestors;
        RETURN NEW;
    END IF;
    IF NEW.parent_id IS NULL THEN
        NEW.ancestors := ARRAY[NEW.id];
    ELSE
        SELECT * INTO STRICT above FROM backend_unit WHERE id = NEW.parent_id;
        IF above.level <> NEW.level - 1 THEN
            RAISE EXCEPTION 'a unit of level % cannot stand under one of level %', NEW.level, above.level
                USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_level_follows_parent';
        END IF;
        NEW.ancestors := above.ancestors || NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER backend_unit_place BEFORE INSERT OR UPDATE ON backend_unit
    FOR EACH ROW EXECUTE FUNCTION backend_unit_place();
"""

AUDIT = """
CREATE FUNCTION backend_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are only ever added'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_append_only';
END $$;
CREATE TRIGGER backend_audit_append_only BEFORE UPDATE OR DELETE ON backend_auditentry
    FOR EACH ROW EXECUTE FUNCTION backend_audit_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("backend", "0001_initial")]

    operations = [
        migrations.RunSQL(
            TREE,
            "DROP TRIGGER backend_unit_place ON backend_unit; DROP FUNCTION backend_unit_place();",
        ),
        migrations.RunSQL(
            AUDIT,
            "DROP TRIGGER backend_audit_append_only ON backend_auditentry; DROP FUNCTION backend_audit_append_only();",
        ),
    ]
