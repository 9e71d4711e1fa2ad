"""What a write touches of the public catalogue, written to an outbox in its transaction, whatever path it took.

A touch is also told to the client by a NOTICE, so that the process that writes can mark its tags before it commits (see
`catalog.cache`). Past 200 tags a transaction touches everything. What a guest never sees touches nothing: units sold,
versions, drafts, the numbers of the stock.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION catalog_touch(tags text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  touched text := coalesce(nullif(current_setting('souk.touched', true), ''), '0');
  mine bigint := pg_current_xact_id()::text::bigint;
  fresh text[];
BEGIN
  IF touched = 'all' THEN RETURN; END IF;
  IF touched::int + coalesce(cardinality(tags), 0) > 200 THEN tags := '{all}'; END IF;
  WITH added AS (
    INSERT INTO catalog_cachetouch (transaction, tag) SELECT mine, tag FROM unnest(tags) AS tag
    ON CONFLICT DO NOTHING RETURNING tag
  ) SELECT array_agg(tag) INTO fresh FROM added;
  IF fresh IS NULL THEN RETURN; END IF;
  PERFORM set_config('souk.touched', CASE WHEN 'all' = ANY (fresh) THEN 'all' ELSE (touched::int + cardinality(fresh))::text END, true);
  RAISE NOTICE USING MESSAGE = 'catalog.touched', DETAIL = mine || ' ' || array_to_string(fresh, ' ');
END $$;

CREATE FUNCTION catalog_all_touched() RETURNS boolean LANGUAGE sql AS $$
  SELECT current_setting('souk.touched', true) IS NOT DISTINCT FROM 'all'
$$;

CREATE FUNCTION catalog_tags(product catalog_product) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY['products', 'product:' || product.id, 'product:' || product.slug]
    || ARRAY(SELECT unnest(ARRAY['seller:' || id, 'seller:' || slug]) FROM accounts_seller WHERE id = product.seller_id)
    || ARRAY(SELECT unnest(ARRAY['brand:' || id, 'brand:' || slug]) FROM catalog_brand WHERE id = product.brand_id)
    || ARRAY(
      SELECT unnest(ARRAY['category:' || above.id, 'category:' || above.slug])
      FROM catalog_category shelf JOIN catalog_category above
        ON above.path IN (SELECT left(shelf.path, step) FROM generate_series(4, length(shelf.path), 4) AS step)
      WHERE shelf.id = product.category_id)
$$;

CREATE FUNCTION catalog_touch_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF catalog_all_touched() THEN RETURN NULL; END IF;
  PERFORM catalog_touch(ARRAY(
    SELECT DISTINCT tag FROM rows CROSS JOIN LATERAL unnest(catalog_tags(rows)) AS tag
    WHERE rows.status = 'active' LIMIT 201));
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_touch_product() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  seen catalog_product := NEW;
BEGIN
  seen.units_sold := OLD.units_sold;
  seen.version := OLD.version;
  seen.updated_at := OLD.updated_at;
  IF seen IS NOT DISTINCT FROM OLD OR 'active' NOT IN (OLD.status, NEW.status) OR catalog_all_touched() THEN
    RETURN NULL;
  END IF;
  PERFORM catalog_touch(ARRAY(SELECT DISTINCT unnest(catalog_tags(OLD) || catalog_tags(NEW))));
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_touch_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF catalog_all_touched() THEN RETURN NULL; END IF;
  PERFORM catalog_touch(ARRAY(
    SELECT DISTINCT tag FROM catalog_product product CROSS JOIN LATERAL unnest(catalog_tags(product)) AS tag
    WHERE product.status = 'active'
      AND product.id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.product_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.product_id END)));
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_touch_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_touch(TG_ARGV::text[]);
  RETURN NULL;
END $$;

CREATE TRIGGER touch_insert AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS rows
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_touch_products();
CREATE TRIGGER touch_delete AFTER DELETE ON catalog_product REFERENCING OLD TABLE AS rows
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_touch_products();
CREATE TRIGGER touch_update AFTER UPDATE ON catalog_product
  FOR EACH ROW EXECUTE FUNCTION catalog_touch_product();
CREATE TRIGGER touch_change AFTER INSERT OR DELETE ON catalog_variant
  FOR EACH ROW EXECUTE FUNCTION catalog_touch_part();
CREATE TRIGGER touch_update AFTER UPDATE ON catalog_variant
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION catalog_touch_part();
CREATE TRIGGER touch_change AFTER INSERT OR DELETE ON catalog_productimage
  FOR EACH ROW EXECUTE FUNCTION catalog_touch_part();
CREATE TRIGGER touch_update AFTER UPDATE ON catalog_productimage
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION catalog_touch_part();
CREATE TRIGGER touch_change AFTER INSERT OR DELETE ON catalog_brand
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_touch_named('brands');
CREATE TRIGGER touch_count AFTER UPDATE ON catalog_brand
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION catalog_touch_named('brands');
CREATE TRIGGER touch_name AFTER UPDATE OF name, slug ON catalog_brand
  FOR EACH ROW WHEN ((OLD.name, OLD.slug) IS DISTINCT FROM (NEW.name, NEW.slug))
  EXECUTE FUNCTION catalog_touch_named('all');
CREATE TRIGGER touch_change AFTER INSERT OR DELETE ON catalog_category
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_touch_named('categories');
CREATE TRIGGER touch_update AFTER UPDATE ON catalog_category
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION catalog_touch_named('categories');
CREATE TRIGGER touch_name AFTER UPDATE OF name, slug, path ON catalog_category
  FOR EACH ROW WHEN ((OLD.name, OLD.slug, OLD.path) IS DISTINCT FROM (NEW.name, NEW.slug, NEW.path))
  EXECUTE FUNCTION catalog_touch_named('all');
CREATE TRIGGER touch_catalogue AFTER UPDATE OF name, slug, status ON accounts_seller
  FOR EACH ROW WHEN ((OLD.name, OLD.slug, OLD.status) IS DISTINCT FROM (NEW.name, NEW.slug, NEW.status))
  EXECUTE FUNCTION catalog_touch_named('all');
"""
DROP = """
DROP FUNCTION catalog_touch_products CASCADE;
DROP FUNCTION catalog_touch_product CASCADE;
DROP FUNCTION catalog_touch_part CASCADE;
DROP FUNCTION catalog_touch_named CASCADE;
DROP FUNCTION catalog_tags(catalog_product);
DROP FUNCTION catalog_all_touched;
DROP FUNCTION catalog_touch(text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_search_upkeep"), ("accounts", "0002_keys_trail_and_step_up")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
