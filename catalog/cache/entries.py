"""Reading: an answer out of the cache, or the right to store a new one if nothing changes meanwhile."""

import time
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings

from catalog.cache import keys
from catalog.cache.keys import PREFIX
from catalog.cache.questions import Question
from config.shared import redis

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


def look(question: Question) -> Hit | Fill | None:
    """The answer; or the right to compute and store it; or None: compute it and store nothing.

    While another one fills the same entry, waits for that.
    """
    if keys.health.is_resting() or not settings.PAGE_CACHE_ENTRIES:
        return None
    deadline = time.monotonic() + keys.WAIT
    token = uuid4().hex
    try:
        while True:
            names = [question.entry, question.lock, f"{PREFIX}counts", *question.tags]
            found = keys.script(LOOK, "pages")(names, [len(question.tags) // 2, token, keys.FILLING])
            if found[0] == b"hit":
                return Hit(found[1].decode(), found[2].decode(), found[3])
            if found[0] == b"fill":
                return Fill(found[1], token, time.monotonic())
            if found[0] == b"pass" or time.monotonic() > deadline:
                return None
            time.sleep(keys.STEP)
    except redis.DOWN as problem:
        keys.health.failed(problem)
        return None


def store(question: Question, fill: Fill, answer: Hit) -> bool:
    """Whether the answer was stored: nothing that it depends on changed since `look`."""
    if len(answer.body) > keys.LARGEST or time.monotonic() - fill.started > keys.SLOWEST:
        release(question, fill)
        return False
    names = [question.entry, question.lock, f"{PREFIX}index", *question.tags]
    values = [len(question.tags) // 2, fill.token, fill.version, keys.LIFETIME, settings.PAGE_CACHE_ENTRIES]
    try:
        return bool(keys.script(STORE, "pages")(names, [*values, answer.etag, answer.head, answer.body]))
    except redis.DOWN as problem:
        keys.health.failed(problem)
        return False


def release(question: Question, fill: Fill) -> None:
    """Lets the next one compute: this answer is none to keep."""
    try:
        keys.script(RELEASE, "pages")([question.lock], [fill.token])
    except redis.DOWN as problem:
        keys.health.failed(problem)


def counts() -> dict[str, int]:
    """How many reads were answered from here (`hit`), stored anew (`miss`), or passed by a write (`passed`)."""
    found = redis.connection().hgetall(f"{PREFIX}counts")
    return {name: int(found.get(name.encode(), 0)) for name in ("hit", "miss", "passed")}
