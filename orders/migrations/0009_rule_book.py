"""Every change of what prices are made of, besides the goods, gives the book a new mark.

A use of a coupon is no change of it: those who check out with one coupon would wait for each other at the book's row.
"""

from django.db import migrations, models

TURN = """
CREATE FUNCTION orders_turn_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_LEVEL = 'ROW' AND TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'used_count' = to_jsonb(OLD) - 'used_count' THEN
    RETURN NULL;
  END IF;
  INSERT INTO orders_rulebook (id, mark) VALUES (1, gen_random_uuid()) ON CONFLICT (id) DO UPDATE SET mark = excluded.mark;
  RETURN NULL;
END $$;
CREATE TRIGGER turn_page AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON orders_shippingmethod
  FOR EACH STATEMENT EXECUTE FUNCTION orders_turn_page();
CREATE TRIGGER turn_page AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON orders_taxrate
  FOR EACH STATEMENT EXECUTE FUNCTION orders_turn_page();
CREATE TRIGGER turn_page AFTER INSERT OR UPDATE OR DELETE ON orders_coupon
  FOR EACH ROW EXECUTE FUNCTION orders_turn_page();
CREATE TRIGGER turn_page_at_truncate AFTER TRUNCATE ON orders_coupon
  FOR EACH STATEMENT EXECUTE FUNCTION orders_turn_page();
INSERT INTO orders_rulebook (id, mark) VALUES (1, gen_random_uuid());
"""
UNDO = """
DROP TRIGGER turn_page ON orders_shippingmethod;
DROP TRIGGER turn_page ON orders_taxrate;
DROP TRIGGER turn_page ON orders_coupon;
DROP TRIGGER turn_page_at_truncate ON orders_coupon;
DROP FUNCTION orders_turn_page();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_notes_and_saved_lines")]

    operations = [
        migrations.CreateModel(
            name="RuleBook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mark", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(TURN, UNDO),
    ]
