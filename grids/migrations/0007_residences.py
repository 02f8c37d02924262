"""Where a resident lives is dated. Who lives somewhere now has lived there since the household is known."""

import django.db.models.deletion
from django.db import migrations, models

import grids.scoped

# Figures of past months took a resident's home from the placements of the present household alone; a residence
# since the first of them leaves those figures as they were.
FILL = """
INSERT INTO grids_residence (resident_id, household_id, starts_on)
SELECT r.id, r.household_id, coalesce(
    (SELECT min(p.starts_on) FROM grids_placement p WHERE p.household_id = r.household_id),
    (r.created_at AT TIME ZONE 'Asia/Shanghai')::date
)
FROM grids_resident r;
"""

# Both are written in one transaction, one after the other, so they are compared at its end.
AGREE = """
CREATE FUNCTION residence_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who bigint;
BEGIN
    IF TG_TABLE_NAME = 'grids_resident' THEN
        who := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        who := OLD.resident_id;
    ELSE
        who := NEW.resident_id;
    END IF;
    IF EXISTS (
        SELECT FROM grids_resident r WHERE r.id = who AND NOT EXISTS (
            SELECT FROM grids_residence h
            WHERE h.resident_id = r.id AND h.household_id = r.household_id AND h.ends_on IS NULL
        )
    ) THEN
        RAISE EXCEPTION 'resident % does not live where the open residence says', who
            USING ERRCODE = 'check_violation', CONSTRAINT = 'residence_agrees';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER residence_agrees AFTER INSERT OR UPDATE OF household_id ON grids_resident
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION residence_agrees();
CREATE CONSTRAINT TRIGGER residence_agrees AFTER INSERT OR UPDATE OR DELETE ON grids_residence
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION residence_agrees();
"""

DISAGREE = """
DROP TRIGGER residence_agrees ON grids_residence;
DROP TRIGGER residence_agrees ON grids_resident;
DROP FUNCTION residence_agrees();
"""


class Migration(migrations.Migration):
    dependencies = [("grids", "0006_units_are_audited")]

    operations = [
        migrations.CreateModel(
            name="Residence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="起始日")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="止于（不含）")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="residences",
                        to="grids.household",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="residences",
                        to="grids.resident",
                    ),
                ),
            ],
            options={
                "constraints": [
                    grids.scoped.period_in_order("residence_in_order"),
                    grids.scoped.one_at_a_time(
                        "residence_one_household",
                        "resident_id",
                        message="同一人在同一时间只能住在一户。",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(AGREE, DISAGREE),
    ]
