"""Search entries and vocabulary, kept current by the database whatever path a write takes.

The text-search configurations `souk` (unaccented, stemmed) and `souk_words` (unaccented) are ours; the language of the
first is the setting SEARCH_LANGUAGE, which `manage.py reindex_search` applies anew.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.conf import settings
from django.db import migrations

CONFIGURATIONS = """
CREATE TEXT SEARCH CONFIGURATION souk (COPY = pg_catalog.simple);
CREATE TEXT SEARCH CONFIGURATION souk_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION souk_words
  ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH unaccent, simple;

CREATE FUNCTION catalog_search_language(language text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'ALTER TEXT SEARCH CONFIGURATION souk
       ALTER MAPPING FOR asciihword, asciiword, hword, hword_asciipart, hword_part, word WITH unaccent, %I',
    CASE language WHEN 'simple' THEN 'simple' ELSE language || '_stem' END);
END $$;
"""
DROP_CONFIGURATIONS = """
DROP FUNCTION catalog_search_language(text);
DROP TEXT SEARCH CONFIGURATION souk_words;
DROP TEXT SEARCH CONFIGURATION souk;
"""
FUNCTIONS = """
CREATE FUNCTION catalog_search_refresh(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('souk.search', true) = 'off' THEN RETURN; END IF;  -- a bulk load that rebuilds afterwards
  WITH source AS (
    SELECT product.id, product.title, left(product.description, 20000) AS description,
      concat_ws(' ', brand.name, (
        SELECT string_agg(above.name, ' ') FROM catalog_category above
        WHERE above.path IN (SELECT left(shelf.path, step) FROM generate_series(4, length(shelf.path), 4) AS step)
      )) AS named,
      (SELECT string_agg(sku || ' ' || barcode, ' ') FROM catalog_variant variant
       WHERE variant.product_id = product.id AND NOT variant.is_archived) AS codes,
      product.attributes, array_to_string(product.tags, ' ') AS tags
    FROM catalog_product product
    LEFT JOIN catalog_brand brand ON brand.id = product.brand_id
    LEFT JOIN catalog_category shelf ON shelf.id = product.category_id
    WHERE product.id = ANY (ids)
  ), entry AS (
    SELECT id,
      setweight(to_tsvector('souk', title), 'A')
        || setweight(to_tsvector('souk', concat_ws(' ', named, codes)), 'B')
        || setweight(jsonb_to_tsvector('souk', attributes, '["string", "numeric"]'), 'C')
        || setweight(to_tsvector('souk', tags), 'C')
        || setweight(to_tsvector('souk', description), 'D') AS vector,
      ARRAY(
        SELECT word FROM unnest(tsvector_to_array(
          to_tsvector('souk_words', concat_ws(' ', title, named, tags))
            || jsonb_to_tsvector('souk_words', attributes, '["string"]'))) AS word
        WHERE word ~ '^[[:alpha:]]{3,40}$'
      ) AS words
    FROM source
  ), learnt AS (
    INSERT INTO catalog_searchword (word, products)
    SELECT DISTINCT said.word, 1 FROM entry CROSS JOIN unnest(entry.words) AS said (word)
    WHERE NOT EXISTS (SELECT FROM catalog_searchword known WHERE known.word = said.word)
  )
  INSERT INTO catalog_searchentry AS present (product_id, vector, words, tier, points)
  SELECT id, vector, words, 0, 200 FROM entry
  ON CONFLICT (product_id) DO UPDATE SET vector = excluded.vector, words = excluded.words
  WHERE present.vector IS DISTINCT FROM excluded.vector OR present.words IS DISTINCT FROM excluded.words;
END $$;

CREATE FUNCTION catalog_search_new_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_search_refresh(ARRAY(SELECT id FROM fresh));
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_search_refresh(ARRAY[NEW.id]);
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_variants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_search_refresh(ARRAY(SELECT DISTINCT product_id FROM fresh));
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_variant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_search_refresh(ARRAY[OLD.product_id, NEW.product_id]);
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_brand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_search_refresh(ARRAY(SELECT id FROM catalog_product WHERE brand_id = NEW.id));
  RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM catalog_search_refresh(ARRAY(
    SELECT product.id FROM catalog_product product JOIN catalog_category below ON below.id = product.category_id
    WHERE starts_with(below.path, NEW.path)));
  RETURN NULL;
END $$;

CREATE TRIGGER search_insert AFTER INSERT ON catalog_product REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_search_new_rows();
CREATE TRIGGER search_update AFTER UPDATE OF title, description, attributes, tags, brand_id, category_id ON catalog_product
  FOR EACH ROW WHEN ((OLD.title, OLD.description, OLD.attributes, OLD.tags, OLD.brand_id, OLD.category_id)
    IS DISTINCT FROM (NEW.title, NEW.description, NEW.attributes, NEW.tags, NEW.brand_id, NEW.category_id))
  EXECUTE FUNCTION catalog_search_row();
CREATE TRIGGER search_insert AFTER INSERT ON catalog_variant REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_search_variants();
CREATE TRIGGER search_delete AFTER DELETE ON catalog_variant REFERENCING OLD TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_search_variants();
CREATE TRIGGER search_update AFTER UPDATE OF sku, barcode, is_archived, product_id ON catalog_variant
  FOR EACH ROW WHEN ((OLD.sku, OLD.barcode, OLD.is_archived, OLD.product_id)
    IS DISTINCT FROM (NEW.sku, NEW.barcode, NEW.is_archived, NEW.product_id))
  EXECUTE FUNCTION catalog_search_variant();
CREATE TRIGGER search_update AFTER UPDATE OF name ON catalog_brand
  FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION catalog_search_brand();
CREATE TRIGGER search_update AFTER UPDATE OF name, path ON catalog_category
  FOR EACH ROW WHEN ((OLD.name, OLD.path) IS DISTINCT FROM (NEW.name, NEW.path))
  EXECUTE FUNCTION catalog_search_category();
"""
DROP_FUNCTIONS = """
DROP TRIGGER search_insert ON catalog_product;
DROP TRIGGER search_update ON catalog_product;
DROP TRIGGER search_insert ON catalog_variant;
DROP TRIGGER search_delete ON catalog_variant;
DROP TRIGGER search_update ON catalog_variant;
DROP TRIGGER search_update ON catalog_brand;
DROP TRIGGER search_update ON catalog_category;
DROP FUNCTION catalog_search_new_rows;
DROP FUNCTION catalog_search_row;
DROP FUNCTION catalog_search_variants;
DROP FUNCTION catalog_search_variant;
DROP FUNCTION catalog_search_brand;
DROP FUNCTION catalog_search_category;
DROP FUNCTION catalog_search_refresh;
"""
# What each word of a query may have meant. A word that some product says stays as it is; else the nearest of the
# vocabulary: one edit for four letters, two from five on. `endings` are what an unfinished last word may become.
CORRECT = """
CREATE FUNCTION catalog_search_correct(given text[])
  RETURNS TABLE (place bigint, word text, is_known boolean, nearest text, endings text[])
  LANGUAGE sql STABLE SET pg_trgm.similarity_threshold = 0.2 AS $$
  SELECT asked.place, asked.word, known.yes, CASE WHEN NOT known.yes THEN (
      SELECT near.word FROM catalog_searchword near
      WHERE length(asked.word) BETWEEN 4 AND 40 AND near.word % asked.word
        AND length(near.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
        AND levenshtein_less_equal(near.word, asked.word, 2) <= CASE length(asked.word) WHEN 4 THEN 1 ELSE 2 END
      ORDER BY levenshtein_less_equal(near.word, asked.word, 2), similarity(near.word, asked.word) DESC,
        near.products DESC, near.word LIMIT 1
    ) END,
    CASE WHEN asked.place = cardinality(given) AND length(asked.word) BETWEEN 2 AND 40 THEN ARRAY(
      SELECT ending.word FROM catalog_searchword ending
      WHERE ending.word LIKE replace(replace(asked.word, '\\', ''), '_', '') || '%'
      ORDER BY ending.products DESC, ending.word LIMIT 12
    ) ELSE '{}' END
  FROM (
    SELECT place, lower(unaccent(raw)) AS word FROM unnest(given) WITH ORDINALITY AS words (raw, place)
  ) AS asked CROSS JOIN LATERAL (
    SELECT asked.word !~ '^[[:alpha:]]+$'
      OR EXISTS (SELECT FROM catalog_searchword known WHERE known.word = asked.word)
      OR plainto_tsquery('souk', asked.word) = ''
      OR EXISTS (SELECT FROM catalog_searchentry WHERE vector @@ plainto_tsquery('souk', asked.word)) AS yes
  ) AS known
$$;
"""
FILL = """
SELECT catalog_search_refresh(ARRAY(SELECT id FROM catalog_product));
"""


def set_language(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT catalog_search_language(%s)", [settings.SEARCH_LANGUAGE])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_search")]
    operations = [
        migrations.RunSQL(CONFIGURATIONS, DROP_CONFIGURATIONS),
        migrations.RunPython(set_language, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="brand",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("name", config="souk"), name="brand_text"
            ),
        ),
        migrations.AddIndex(
            model_name="category",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("name", config="souk"), name="category_text"
            ),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(CORRECT, "DROP FUNCTION catalog_search_correct(text[])"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
