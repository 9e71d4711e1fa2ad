"""An entry says itself whether its product may be shown, and a word how common it is: searches read less."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

INDEX = django.contrib.postgres.indexes.GinIndex(
    fields=["tier", "vector"], gin_pending_list_limit=512, name="search_entry"
)
FILL = """
UPDATE catalog_searchentry entry SET seller_id = product.seller_id, is_active = product.status = 'active'
FROM catalog_product product WHERE product.id = entry.product_id
"""
REFRESH = """
CREATE OR REPLACE FUNCTION catalog_search_refresh(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('souk.search', true) = 'off' THEN RETURN; END IF;  -- a bulk load that rebuilds afterwards
  WITH source AS (
    SELECT product.id, product.seller_id, product.status = 'active' AS is_active, product.title, left(product.description, 20000) AS description,
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
    SELECT id, seller_id, is_active,
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
  INSERT INTO catalog_searchentry AS present (product_id, seller_id, is_active, vector, words, tier, points)
  SELECT id, seller_id, is_active, vector, words, 0, 200 FROM entry
  ON CONFLICT (product_id) DO UPDATE SET vector = excluded.vector, words = excluded.words
  WHERE present.vector IS DISTINCT FROM excluded.vector OR present.words IS DISTINCT FROM excluded.words;
END $$;
CREATE FUNCTION catalog_search_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog_searchentry SET seller_id = NEW.seller_id, is_active = NEW.status = 'active' WHERE product_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER search_status AFTER UPDATE OF status, seller_id ON catalog_product
  FOR EACH ROW WHEN ((OLD.status, OLD.seller_id) IS DISTINCT FROM (NEW.status, NEW.seller_id))
  EXECUTE FUNCTION catalog_search_status();
"""
# `share` is the part of all products that say the word; null for one that is not of the vocabulary.
CORRECT = """
DROP FUNCTION catalog_search_correct(text[]);
CREATE FUNCTION catalog_search_correct(given text[])
  RETURNS TABLE (place bigint, word text, is_known boolean, nearest text, endings text[], share float)
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
    ) ELSE '{}' END,
    (SELECT max(said.products) FROM catalog_searchword said WHERE said.word = asked.word)
      / (SELECT greatest(1, reltuples) FROM pg_class WHERE oid = 'catalog_searchentry'::regclass)
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


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_keys_trail_and_step_up"), ("catalog", "0007_import_rows_staged")]
    operations = [
        migrations.RemoveIndex(model_name="searchentry", name="search_entry"),
        migrations.AddField(
            model_name="searchentry",
            name="seller",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.seller",
            ),
        ),
        migrations.AddField(model_name="searchentry", name="is_active", field=models.BooleanField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="searchentry",
            name="seller",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.seller",
            ),
        ),
        migrations.AlterField(model_name="searchentry", name="is_active", field=models.BooleanField()),
        migrations.AddIndex(model_name="searchentry", index=INDEX),
        migrations.RunSQL(REFRESH, migrations.RunSQL.noop),
        migrations.RunSQL(CORRECT, migrations.RunSQL.noop),
    ]
