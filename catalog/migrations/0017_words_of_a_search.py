"""The words of a search in a function of their own, planned once a connection: planning took two thirds of its time.

An ending that has the stem of the word itself ("kettles" for "kettle") adds nothing to what matches, but made every search for a
whole word one for two, whose rank is computed twice. `of` says how many products there are, so that what is rare is a number and not
a share. `catalog_search_correct` stays for processes of the release before.
"""

from django.db import migrations

WORDS = """
CREATE FUNCTION catalog_search_words(given text[])
  RETURNS TABLE (place bigint, is_known boolean, nearest text, endings text[], products float, of float)
  LANGUAGE sql STABLE SET pg_trgm.similarity_threshold = 0.2 SET plan_cache_mode = force_generic_plan AS $$
  SELECT asked.place, known.yes, nearest.word, coalesce(ended.words, '{}'),
    nullif(coalesce(said.products, 0) + coalesce(nearest.products, 0) + coalesce(ended.products, 0), 0),
    (SELECT greatest(1, reltuples) FROM pg_class WHERE oid = 'catalog_searchentry'::regclass)
  FROM (
    SELECT place, lower(unaccent(raw)) AS word, plainto_tsquery('souk', lower(unaccent(raw))) AS query
    FROM unnest(given) WITH ORDINALITY AS words (raw, place)
  ) AS asked CROSS JOIN LATERAL (
    SELECT asked.word !~ '^[[:alpha:]]+$'
      OR EXISTS (SELECT FROM catalog_searchword known WHERE known.word = asked.word)
      OR asked.query = ''
      OR EXISTS (SELECT FROM generate_series(0, 15) AS step (tier) WHERE EXISTS (
        SELECT FROM catalog_searchentry entry
        WHERE entry.tier = step.tier::smallint AND entry.vector @@ asked.query OFFSET 0)) AS yes
  ) AS known LEFT JOIN LATERAL (
    SELECT near.word, near.products FROM catalog_searchword near
    WHERE NOT known.yes AND length(asked.word) BETWEEN 4 AND 40 AND near.word % asked.word
      AND length(near.word) BETWEEN length(asked.word) - 2 AND length(asked.word) + 2
      AND levenshtein_less_equal(near.word, asked.word, 2) <= CASE length(asked.word) WHEN 4 THEN 1 ELSE 2 END
    ORDER BY levenshtein_less_equal(near.word, asked.word, 2), similarity(near.word, asked.word) DESC,
      near.products DESC, near.word LIMIT 1
  ) AS nearest ON true LEFT JOIN LATERAL (
    SELECT array_agg(best.word) FILTER (WHERE plainto_tsquery('souk', best.word) <> asked.query) AS words,
      sum(best.products) AS products
    FROM (
      SELECT ending.word, ending.products FROM catalog_searchword ending
      WHERE asked.place = cardinality(given) AND length(asked.word) BETWEEN 2 AND 40
        AND ending.word ~>=~ asked.word AND ending.word ~<~ (asked.word || U&'\\+10FFFF')
      ORDER BY ending.products DESC, ending.word LIMIT 12
    ) AS best
  ) AS ended ON true LEFT JOIN LATERAL (
    SELECT max(own.products) AS products FROM catalog_searchword own WHERE own.word = asked.word
  ) AS said ON true
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_endings_by_the_index")]
    operations = [migrations.RunSQL(WORDS, "DROP FUNCTION catalog_search_words(text[])")]
