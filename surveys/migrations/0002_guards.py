"""What no ORM declares of surveys: published questions stay as they are, and how two summaries are added."""

from django.db import migrations

PUBLISHED_STAYS = """
CREATE FUNCTION published_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a published version does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER published_stays BEFORE UPDATE OR DELETE ON surveys_version
    FOR EACH ROW EXECUTE FUNCTION published_version_stays();
"""

# Keys of two flat objects of numbers, each with the sum of both.
ADD_COUNTS = """
CREATE FUNCTION add_counts(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, total), '{}'::jsonb)
    FROM (
        SELECT key, sum(value::numeric) AS total
        FROM (SELECT * FROM jsonb_each_text(one) UNION ALL SELECT * FROM jsonb_each_text(other)) AS both_of_them
        GROUP BY key
    ) AS summed
$$;
"""

DROP = """
DROP TRIGGER published_stays ON surveys_version;
DROP FUNCTION published_version_stays();
DROP FUNCTION add_counts(jsonb, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_rounds")]

    operations = [migrations.RunSQL(PUBLISHED_STAYS + ADD_COUNTS, DROP)]
