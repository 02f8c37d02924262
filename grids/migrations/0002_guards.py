"""What no ORM declares: append-only tables, the audit chain, and the rights of the application's role."""

from django.db import migrations

# Superseding facts and flushing tests aside, nobody rewrites what was recorded. A test fixture that owns the
# tables disables the triggers for its flush; the application's role cannot.
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON grids_fieldrecord
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON grids_fieldrecord
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON grids_auditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON grids_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

DROP_APPEND_ONLY = """
DROP FUNCTION refuse_change() CASCADE;
"""

# The chain: ids without gaps and sha256(previous digest, this row), made where no application can skip it. The
# advisory lock (class 140181, object 1) makes audited transactions take turns from their entry to their commit,
# so actions write their entry last.
AUDIT_CHAIN = """
CREATE FUNCTION audit_digest(previous text, entry grids_auditentry) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        previous, entry.id, extract(epoch FROM entry.at)::text, entry.by_id, entry.action, entry.grid_id,
        entry.object_type, entry.object_key, entry.object_label, entry.changes, entry.reason
    )::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION chain_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_id bigint;
    last_digest text;
BEGIN
    PERFORM pg_advisory_xact_lock(140181, 1);
    SELECT id, digest INTO last_id, last_digest FROM grids_auditentry ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last_id, 0) + 1;
    NEW.digest := audit_digest(coalesce(last_digest, ''), NEW);
    RETURN NEW;
END $$;

CREATE TRIGGER chain BEFORE INSERT ON grids_auditentry
    FOR EACH ROW EXECUTE FUNCTION chain_audit_entry();
"""

DROP_AUDIT_CHAIN = """
DROP TRIGGER chain ON grids_auditentry;
DROP FUNCTION chain_audit_entry();
DROP FUNCTION audit_digest(text, grids_auditentry);
"""

# The owner migrates; `hekou_app`, where it exists, reads and writes rows of present and future tables, no more.
APP_RIGHTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hekou_app') THEN
        GRANT USAGE ON SCHEMA public TO hekou_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO hekou_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO hekou_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hekou_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO hekou_app;
        REVOKE UPDATE, DELETE ON grids_fieldrecord, grids_auditentry, django_migrations FROM hekou_app;
        REVOKE INSERT ON django_migrations FROM hekou_app;
        -- A correction locks the record it corrects, and a lock asks for the right to update some column.
        GRANT UPDATE (id) ON grids_fieldrecord TO hekou_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("grids", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
        migrations.RunSQL(AUDIT_CHAIN, DROP_AUDIT_CHAIN),
        migrations.RunSQL(APP_RIGHTS, migrations.RunSQL.noop),
    ]
