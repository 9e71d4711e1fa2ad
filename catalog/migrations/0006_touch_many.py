"""Many new rows at once touch everything without asking what each of them would touch."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION catalog_touch_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF catalog_all_touched() THEN RETURN NULL; END IF;
  IF (SELECT count(*) FROM (SELECT FROM rows LIMIT 21) AS sample) > 20 THEN
    PERFORM catalog_touch('{all}');
  ELSE
    PERFORM catalog_touch(ARRAY(
      SELECT DISTINCT tag FROM rows CROSS JOIN LATERAL unnest(catalog_tags(rows)) AS tag WHERE rows.status = 'active'));
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_cache_touches")]
    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
