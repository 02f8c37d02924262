"""The log of a case is append-only: its triggers, and the rights of the role that serves pages."""

from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON cases_caseevent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON cases_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hekou_app') THEN
        REVOKE UPDATE, DELETE ON cases_caseevent FROM hekou_app;
    END IF;
END $$;
"""

DROP = """
DROP TRIGGER append_only_rows ON cases_caseevent;
DROP TRIGGER append_only_table ON cases_caseevent;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("grids", "0002_guards")]

    operations = [migrations.RunSQL(APPEND_ONLY, DROP)]
