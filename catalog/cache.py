"""The cache of public reads: every key, its lifetime, and what invalidates it.

An entry is an answer's bytes under the tags that it depends on. It counts only while each tag has the version that it
had before the answer was computed, and while no tag is marked. A write (see the triggers of migration 0005):
    1. notes its tags in an outbox, in its transaction, and tells them to its process;
    2. marks them, before it commits: from then on nobody is answered from entries under them, and none is stored;
    3. commits;
    4. gives them new versions and takes its marks away: what was computed before the commit is never stored.
A process that dies between 3 and 4 leaves its marks, which outlive every entry that they hide, and its rows in the
outbox: the worker then does 4 (`settle`). So nothing stale is answered while Redis answers; without Redis everything is
computed, and an entry that it kept over an outage ends with its lifetime.

Keys (after the prefix): `e:` an entry, `l:` who fills it, `v:` a tag's version, `d:` the transactions that marked it, `b:` a
transaction whose versions are given, `index` all entries by their end, `counts`.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import connection, transaction

from config.shared import redis

logger = structlog.get_logger(__name__)
PREFIX = f"{settings.CHANNEL_PREFIX}:page:"
LIFETIME = 60  # seconds that an entry lives
MARKED = 90  # a mark must outlive every entry that it hides
VERSIONED = 300  # a version must outlive every entry from before it
FILLING = 5  # a fill that takes longer is no longer waited for
SLOWEST = 30  # a computation that took longer is not stored: marks may have come and gone
WAIT, STEP = 1.0, 0.004  # how long others wait for a fill, and how often they look
LARGEST = 262_144  # bytes
REST = 1.0  # seconds without asking a Redis that did not answer
KEY = r"(?P<key>[A-Za-z0-9_-]{1,120})"
PLAIN_KEY = re.compile(KEY)
ROUTES = (
    ("products", re.compile(r"/api/v1/products")),
    ("product", re.compile(rf"/api/v1/products/{KEY}(/(variants|images)(/\d+)?)?")),
    ("categories", re.compile(rf"/api/v1/categories(/{KEY})?")),
    ("brands", re.compile(rf"/api/v1/brands(/{KEY})?")),
    ("products", re.compile(r"/api/v1/search/suggest")),
)
# A list by one of these depends on its products alone, unless it looks beyond them.
NARROW, WIDE = ("category", "brand", "seller"), {"q", "facets"}

STATE = """
local n = tonumber(ARGV[1])
local function state(first)
  if redis.call('EXISTS', unpack(KEYS, first + n, first + n + n - 1)) > 0 then return nil end
  local versions = redis.call('MGET', unpack(KEYS, first, first + n - 1))
  for i = 1, n do versions[i] = versions[i] or '' end
  return table.concat(versions, ' ')
end
"""
LOOK = (
    STATE
    + """
local version = state(4)
if not version then redis.call('HINCRBY', KEYS[3], 'passed', 1) return {'pass'} end
local entry = redis.call('HMGET', KEYS[1], 'version', 'etag', 'head', 'body')
if entry[1] == version then
  redis.call('HINCRBY', KEYS[3], 'hit', 1)
  return {'hit', entry[2], entry[3], entry[4]}
end
if redis.call('SET', KEYS[2], ARGV[2], 'NX', 'EX', ARGV[3]) then
  redis.call('HINCRBY', KEYS[3], 'miss', 1)
  return {'fill', version}
end
return {'wait'}
"""
)
STORE = (
    STATE
    + """
if redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[2]) end
if state(4) ~= ARGV[3] then return 0 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
local over = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[5])
if not redis.call('ZSCORE', KEYS[3], KEYS[1]) then over = over + 1 end
if over > 0 then
  local ended = redis.call('ZPOPMIN', KEYS[3], math.min(over, 100))
  for i = 1, #ended, 2 do redis.call('DEL', ended[i]) end
end
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'etag', ARGV[6], 'head', ARGV[7], 'body', ARGV[8])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[3], now + ARGV[4] * 1000, KEYS[1])
return 1
"""
)
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"
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


# --- Questions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """A read that may be answered from here: its key and the Redis keys of its tags."""

    query: str  # in one form, whatever order it was asked in
    entry: str
    lock: str
    tags: tuple[str, ...]  # versions, then marks


@lru_cache(4096)
def question_of(path: str, query: str) -> Question | None:
    """None for what is not cached."""
    for kind, route in ROUTES:
        if found := route.fullmatch(path):
            return asked(kind, path, query, found.groupdict().get("key"))
    return None


def asked(kind: str, path: str, query: str, key: str | None) -> Question | None:
    try:
        given = parse_qsl(query, True, True, max_num_fields=50) if query else []
    except ValueError:
        return None
    pairs = sorted(given, key=lambda pair: pair[0])  # values of one name keep their order
    tag = f"product:{plain(key or '')}" if kind == "product" else kind
    if path == "/api/v1/products":
        tag = list_tag(dict(pairs))
    name = blake2b(f"{path}?{urlencode(pairs)}".encode(), digest_size=16).hexdigest()
    tags = (f"{PREFIX}v:all", f"{PREFIX}v:{tag}", f"{PREFIX}d:all", f"{PREFIX}d:{tag}")
    return Question(urlencode(pairs), f"{PREFIX}e:{name}", f"{PREFIX}l:{name}", tags)


def list_tag(given: dict[str, str]) -> str:
    for name in NARROW if WIDE.isdisjoint(given) else ():
        if PLAIN_KEY.fullmatch(given.get(name, "")):
            return f"{name}:{plain(given[name])}"
    return "products"


def plain(key: str) -> str:
    """Django finds the row 7 by 007, too."""
    return str(int(key)) if key.isdecimal() and len(key) < 19 else key


# --- Reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    etag: str
    head: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Fill:
    """The right to store the answer, if nothing changes meanwhile."""

    version: bytes
    token: str
    started: float


class Health:
    """Lets a Redis that did not answer rest, so that not every request waits for it in vain."""

    rests_until = 0.0

    def is_resting(self) -> bool:
        return time.monotonic() < self.rests_until

    def failed(self, problem: Exception) -> None:
        self.rests_until = time.monotonic() + REST
        logger.warning("cache_unreachable", problem=type(problem).__name__)


health = Health()


@lru_cache
def script(lua: str, alias: str) -> redis.Script:
    return redis.Script(lua, alias)


def look(question: Question) -> Hit | Fill | None:
    """The answer; or the right to compute and store it; or None: compute it and store nothing.

    While another one fills the same entry, waits for that.
    """
    if health.is_resting() or not settings.PAGE_CACHE_ENTRIES:
        return None
    deadline = time.monotonic() + WAIT
    token = uuid4().hex
    try:
        while True:
            keys = [question.entry, question.lock, f"{PREFIX}counts", *question.tags]
            found = script(LOOK, "pages")(keys, [len(question.tags) // 2, token, FILLING])
            if found[0] == b"hit":
                return Hit(found[1].decode(), found[2].decode(), found[3])
            if found[0] == b"fill":
                return Fill(found[1], token, time.monotonic())
            if found[0] == b"pass" or time.monotonic() > deadline:
                return None
            time.sleep(STEP)
    except redis.DOWN as problem:
        health.failed(problem)
        return None


def store(question: Question, fill: Fill, answer: Hit) -> bool:
    """Whether the answer was stored: nothing that it depends on changed since `look`."""
    if len(answer.body) > LARGEST or time.monotonic() - fill.started > SLOWEST:
        release(question, fill)
        return False
    keys = [question.entry, question.lock, f"{PREFIX}index", *question.tags]
    values = [len(question.tags) // 2, fill.token, fill.version, LIFETIME, settings.PAGE_CACHE_ENTRIES]
    try:
        return bool(script(STORE, "pages")(keys, [*values, answer.etag, answer.head, answer.body]))
    except redis.DOWN as problem:
        health.failed(problem)
        return False


def release(question: Question, fill: Fill) -> None:
    """Lets the next one compute: this answer is none to keep."""
    try:
        script(RELEASE, "pages")([question.lock], [fill.token])
    except redis.DOWN as problem:
        health.failed(problem)


def counts() -> dict[str, int]:
    """How many reads were answered from here (`hit`), stored anew (`miss`), or passed by a write (`passed`)."""
    found = redis.connection().hgetall(f"{PREFIX}counts")
    return {name: int(found.get(name.encode(), 0)) for name in ("hit", "miss", "passed")}


def clear() -> None:
    """Forgets every entry, and what the tags' versions were."""
    script(BUMP, "default")(
        [f"{PREFIX}b:clear", f"{PREFIX}v:all", f"{PREFIX}d:all"], ["clear", uuid4().hex, VERSIONED, ""]
    )


# --- Writing ----------------------------------------------------------------------------------------------


class Touches:
    """Hears from the triggers which tags a transaction touched."""

    def before_commit(self, details: Sequence[str]) -> None:
        for writer, tags in by_transaction(details).items():
            try:
                script(MARK, "default")([f"{PREFIX}d:{tag}" for tag in tags], [writer, MARKED])
            except redis.DOWN as problem:
                health.failed(problem)

    def after_commit(self, details: Sequence[str]) -> None:
        for writer, tags in by_transaction(details).items():
            try:
                bump(writer, tags)
            except redis.DOWN as problem:
                health.failed(problem)  # the outbox has it


def by_transaction(details: Sequence[str]) -> dict[str, list[str]]:
    touched: dict[str, list[str]] = {}
    for detail in details:
        writer, *tags = detail.split(" ")
        touched.setdefault(writer, []).extend(tags)
    return touched


def bump(writer: str, tags: Sequence[str], *, once: bool = False) -> None:
    """New versions for `tags`; `once`: unless `writer` gave them already."""
    keys = [f"{PREFIX}v:{tag}" for tag in tags] + [f"{PREFIX}d:{tag}" for tag in tags]
    values = [writer, uuid4().hex, VERSIONED, "once" if once else ""]
    script(BUMP, "default")([f"{PREFIX}b:{writer}", *keys], values)


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
