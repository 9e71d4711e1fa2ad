"""Reading: an answer from the cache, or permission to store a new one if nothing changes meanwhile."""

import time
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings

from catalog.cache import keys
from catalog.cache.keys import PREFIX
from catalog.cache.questions import Question
from catalog.cache.tally import tally
from config.shared import redis

# A missing version is created at random and outlives the entries stored under it, so an entry from before an eviction
# or expiry never becomes valid again.
STATE = """
local n = tonumber(ARGV[1])
local function state(first, fresh, seconds)
  if redis.call('EXISTS', unpack(KEYS, first + n, first + n + n - 1)) > 0 then return nil end
  local versions = redis.call('MGET', unpack(KEYS, first, first + n - 1))
  for i = 1, n do
    if fresh and versions[i] then redis.call('EXPIRE', KEYS[first + i - 1], seconds) end
    if fresh and not versions[i] then redis.call('SET', KEYS[first + i - 1], fresh, 'EX', seconds) end
    versions[i] = versions[i] or fresh or ''
  end
  return table.concat(versions, ' ')
end
"""
LOOK = (
    STATE
    + """
local version = state(4, ARGV[2], ARGV[4])
if not version then redis.call('HINCRBY', KEYS[3], 'passed', 1) return {'pass'} end
local entry = redis.call('GET', KEYS[1])
if entry and string.sub(entry, 1, #version + 1) == version .. '\\n' then return {'hit', entry} end
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
redis.call('SET', KEYS[1], ARGV[6], 'EX', ARGV[4])
redis.call('ZADD', KEYS[3], now + ARGV[4] * 1000, KEYS[1])
return 1
"""
)
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


@dataclass(frozen=True, slots=True)
class Hit:
    """`head` holds header lines as in HTTP."""

    etag: str
    head: str
    body: bytes

    def under(self, version: bytes) -> bytes:
        """The stored form. The head ends with an empty line, and no earlier line can be empty."""
        return b"%b\n%b\n%b\n\n%b" % (version, self.etag.encode(), self.head.encode(), self.body)


@dataclass(frozen=True, slots=True)
class Fill:
    """Permission to store the answer, if nothing changes meanwhile."""

    version: bytes
    token: str
    started: float


def look(question: Question) -> Hit | Fill | None:
    """Hit: the cached answer. Fill: compute the answer and store it. None: compute it without storing.

    A hit costs one command; only after a miss does a script decide what to do.
    """
    if not settings.PAGE_CACHE_ENTRIES:
        return None
    try:
        entry, *versions = redis.line("pages").ask(question.asking)
        if entry and None not in versions and entry.startswith(b"%b %b\n" % tuple(versions)):
            return hit_in(entry)
        return fill_or_wait(question)
    except redis.DOWN:
        return None


def hit_in(entry: bytes) -> Hit:
    tally.add()
    about, _, body = entry.partition(b"\n\n")
    _, etag, head = about.decode().split("\n", 2)
    return Hit(etag, head, body)


def fill_or_wait(question: Question) -> Hit | Fill | None:
    """Waits while another process fills the same entry."""
    deadline = time.monotonic() + keys.WAIT
    token = uuid4().hex
    names = [question.entry, question.lock, keys.COUNTS, *question.tags]
    while True:
        found = keys.script(LOOK, "pages")(
            names, [len(question.tags) // 2, token, keys.FILLING, keys.VERSIONED]
        )
        if found[0] == b"hit":
            return hit_in(found[1])
        if found[0] == b"fill":
            return Fill(found[1], token, time.monotonic())
        if found[0] == b"pass" or time.monotonic() > deadline:
            return None
        time.sleep(keys.STEP)


def store(question: Question, fill: Fill, answer: Hit) -> bool:
    """Stores the answer unless something it depends on changed since `look`; returns whether it was stored."""
    if len(answer.body) > keys.LARGEST or time.monotonic() - fill.started > keys.SLOWEST:
        release(question, fill)
        return False
    names = [question.entry, question.lock, f"{PREFIX}index", *question.tags]
    values = [len(question.tags) // 2, fill.token, fill.version, keys.LIFETIME, settings.PAGE_CACHE_ENTRIES]
    try:
        return bool(keys.script(STORE, "pages")(names, [*values, answer.under(fill.version)]))
    except redis.DOWN:
        return False


def release(question: Question, fill: Fill) -> None:
    """Gives up the fill, so that the next reader may compute: this answer is not to be stored."""
    with suppress(*redis.DOWN):
        keys.script(RELEASE, "pages")([question.lock], [fill.token])


def counts() -> dict[str, int]:
    """Reads answered from the cache (`hit`, reported once a second by each process), computed to be stored (`miss`), or
    computed because of a write in progress (`passed`)."""
    tally.tell()
    found = redis.connection().hgetall(keys.COUNTS)
    return {name: int(found.get(name.encode(), 0)) for name in ("hit", "miss", "passed")}
