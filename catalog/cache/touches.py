"""Writing: what a transaction touches is marked before it commits and gets new versions after it."""

from collections.abc import Sequence
from uuid import uuid4

from django.db import connection, transaction

from catalog.cache import keys
from catalog.cache.keys import PREFIX
from config.shared import redis

MARK = """
for i = 1, #KEYS do
  redis.call('SADD', KEYS[i], ARGV[1])
  redis.call('EXPIRE', KEYS[i], ARGV[2])
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
    """Forgets every entry, and what the tags' versions were."""
    keys.script(BUMP, "default")(
        [f"{PREFIX}b:clear", f"{PREFIX}v:all", f"{PREFIX}d:all"], ["clear", uuid4().hex, keys.VERSIONED, ""]
    )


class Touches:
    """Hears from the triggers which tags a transaction touched."""

    def before_commit(self, details: Sequence[str]) -> None:
        for writer, tags in by_transaction(details).items():
            try:
                keys.script(MARK, "default")([f"{PREFIX}d:{tag}" for tag in tags], [writer, keys.MARKED])
            except redis.DOWN as problem:
                keys.health.failed(problem)

    def after_commit(self, details: Sequence[str]) -> None:
        for writer, tags in by_transaction(details).items():
            try:
                bump(writer, tags)
            except redis.DOWN as problem:
                keys.health.failed(problem)  # the outbox has it


def by_transaction(details: Sequence[str]) -> dict[str, list[str]]:
    touched: dict[str, list[str]] = {}
    for detail in details:
        writer, *tags = detail.split(" ")
        touched.setdefault(writer, []).extend(tags)
    return touched


def bump(writer: str, tags: Sequence[str], *, once: bool = False) -> None:
    """New versions for `tags`; `once`: unless `writer` gave them already."""
    names = [f"{PREFIX}v:{tag}" for tag in tags] + [f"{PREFIX}d:{tag}" for tag in tags]
    values = [writer, uuid4().hex, keys.VERSIONED, "once" if once else ""]
    keys.script(BUMP, "default")([f"{PREFIX}b:{writer}", *names], values)


@transaction.atomic
def settle() -> int:
    """Empties the outbox: gives the versions that a writer did not live to give. Raises when Redis is away, and then
    everything stays in the outbox. Returns how many touches there were."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TOUCHES)
        rows = cursor.fetchall()
    for writer, tags in by_transaction([f"{writer} {tag}" for writer, tag in rows]).items():
        bump(writer, tags, once=True)
    return len(rows)
