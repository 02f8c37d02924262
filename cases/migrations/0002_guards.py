"""What no ORM declares of cases: the append-only log, the rights to it, and units that stay while they lead."""

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

# A unit that still leads open cases is not retired: the ground knows no cases, so the database holds it.
UNITS_STAY = """
CREATE FUNCTION refuse_retirement_with_open_cases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.retired_on IS NOT NULL AND OLD.retired_on IS NULL AND EXISTS (
        SELECT FROM cases_case
        WHERE unit_id = NEW.id AND status NOT IN ('draft', 'closed', 'merged', 'voided', 'rejected')
    ) THEN
        RAISE EXCEPTION 'unit % leads open cases', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_retires_without_open_cases';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER unit_retires_without_open_cases BEFORE UPDATE OF retired_on ON grids_unit
    FOR EACH ROW EXECUTE FUNCTION refuse_retirement_with_open_cases();
"""

DROP = """
DROP TRIGGER unit_retires_without_open_cases ON grids_unit;
DROP FUNCTION refuse_retirement_with_open_cases();
DROP TRIGGER append_only_rows ON cases_caseevent;
DROP TRIGGER append_only_table ON cases_caseevent;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("grids", "0008_case_records")]

    operations = [migrations.RunSQL(APPEND_ONLY + UNITS_STAY, DROP)]
