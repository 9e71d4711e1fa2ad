"""Movements and price changes stay as they were written; only their date moves, for a past that is loaded afterwards.

Whoever loads one says so in its transaction: `SET LOCAL souk.dating = 'on'`.
"""

from django.db import migrations

KEEP = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('souk.dating', true) = 'on' THEN
    IF to_jsonb(NEW) - 'at' = to_jsonb(OLD) - 'at' THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
FUNCTIONS = "".join(KEEP.replace("{name}", name) for name in ("catalog_keep_movement", "catalog_keep_price"))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_sales_and_price_history")]
    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
