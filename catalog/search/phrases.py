"""Popular searches, suggested to others. Counted in Redis, because a search must not write a row."""

import structlog
from django.conf import settings
from django.db import connection

from catalog.models import SearchPhrase
from config.shared import redis

logger = structlog.get_logger(__name__)
KEY = f"{settings.CHANNEL_PREFIX}:searched"
MOST = 10_000  # phrases kept in Redis and in the table
FADING = 0.9  # the share of a count that remains after a day, so that old trends fade
COLLECT = """
INSERT INTO catalog_searchphrase AS known (phrase, searches)
SELECT * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (phrase) DO UPDATE SET searches = known.searches + excluded.searches
"""
TRIM = """
DELETE FROM catalog_searchphrase WHERE phrase IN (
  SELECT phrase FROM catalog_searchphrase ORDER BY searches DESC, phrase OFFSET %s)
"""

count = redis.Script("return redis.call('ZINCRBY', KEYS[1], 1, ARGV[1])")


def note(words: list[str]) -> None:
    """Counts a search that found something and contains only vocabulary words. Never fails."""
    try:
        count([KEY], [" ".join(words)])
    except redis.DOWN:
        logger.warning("phrase_not_counted")


def collect() -> int:
    """Moves the counts from Redis into the table; returns the number of phrases."""
    store = redis.connection()
    with store.pipeline() as together:
        together.zrevrange(KEY, 0, MOST - 1, withscores=True)
        together.delete(KEY)
        counted = together.execute()[0]
    phrases, counts = [phrase.decode() for phrase, _ in counted], [int(count) for _, count in counted]
    with connection.cursor() as cursor:
        cursor.execute(COLLECT, [phrases, counts])
        cursor.execute(TRIM, [MOST])
    return SearchPhrase.objects.count()


def fade() -> int:
    """Reduces each count by a tenth; returns the number of phrases deleted."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_searchphrase SET searches = floor(searches * %s)", [FADING])
    return SearchPhrase.objects.filter(searches=0).delete()[0]
