"""Writing: a transaction's tags are marked before it commits and get new versions after it."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

from django.db import connection, transaction

from catalog.cache import keys
from catalog.cache.keys import PREFIX
from config.shared import redis

MARK = """
local n = #KEYS / 2
for i = 1, n do
  redis.call('SET', KEYS[i], ARGV[2], 'EX', ARGV[3])
  redis.call('SADD', KEYS[i + n], ARGV[1])
  redis.call('EXPIRE', KEYS[i + n], ARGV[4])
end
"""
BUMP = """
if ARGV[4] == 'once' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local n = (#KEYS - 1) / 2
for i = 2, n + 1 do
  redis.call('SET', KEYS[i], ARGV[2], 'EX', ARGV[3])
  redis.call('SREM', KEYS[i + n], ARGV[1])
end
redis.call('SET', KEYS[1], '', 'EX', ARGV[3])
return 1
"""
TAKE_TOUCHES = """
DELETE FROM catalog_cachetouch WHERE id IN (
  SELECT id FROM catalog_cachetouch ORDER BY id LIMIT 5000 FOR UPDATE SKIP LOCKED
) RETURNING transaction, tag
"""


def clear() -> None:
    """Invalidates every entry."""
    bump("clear", ["all"])


class Touches:
    """Receives from the triggers the tags that a transaction touched."""

    def before_commit(self, details: Sequence[str]) -> None:
        for writer, tags in by_transaction(details).items():
            with suppress(*redis.DOWN):
                mark(writer, tags)

    def after_commit(self, details: Sequence[str]) -> None:
        for writer, tags in by_transaction(details).items():
            with suppress(*redis.DOWN):  # the outbox still has the tags
                bump(writer, tags)


def by_transaction(details: Sequence[str]) -> dict[str, list[str]]:
    touched: dict[str, list[str]] = {}
    for detail in details:
        writer, *tags = detail.split(" ")
        touched.setdefault(writer, []).extend(tags)
    return touched


def mark(writer: str, tags: Sequence[str]) -> None:
    """Invalidates entries under `tags`, and blocks storing under them until `writer` has bumped them."""
    values = [writer, uuid4().hex, keys.VERSIONED, keys.MARKED]
    keys.script(MARK, "default")(names_of(tags), values, insists=True)


def bump(writer: str, tags: Sequence[str], *, once: bool = False) -> None:
    """Gives `tags` new versions; with `once` only if `writer` has not done so already."""
    values = [writer, uuid4().hex, keys.VERSIONED, "once" if once else ""]
    keys.script(BUMP, "default")([f"{PREFIX}b:{writer}", *names_of(tags)], values, insists=True)


def names_of(tags: Sequence[str]) -> list[str]:
    """The keys of the tags' versions, then those of their marks."""
    return [f"{PREFIX}v:{tag}" for tag in tags] + [f"{PREFIX}d:{tag}" for tag in tags]


@transaction.atomic
def settle() -> int:
    """Empties the outbox: gives new versions to tags whose writer died before it could. Raises if Redis is unreachable;
    the outbox then stays as it is. Returns the number of touches."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TOUCHES)
        rows = cursor.fetchall()
    for writer, tags in by_transaction([f"{writer} {tag}" for writer, tag in rows]).items():
        bump(writer, tags, once=True)
    return len(rows)
