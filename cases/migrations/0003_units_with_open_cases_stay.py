"""A unit that still leads open cases is not retired: the ground knows no cases, so the database holds it."""

from django.db import migrations

GUARD = """
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
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_guards")]

    operations = [migrations.RunSQL(GUARD, DROP)]
