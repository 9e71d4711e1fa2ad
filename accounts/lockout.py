"""Limits on guessing passwords: an attempt is counted in Redis before its password is hashed, so bursts count, too.

Failures count per account and address; per address, with a higher limit, against an attacker who tries many accounts;
and per account from all addresses, against one who has many addresses. The last would let an attacker lock the owner
out, so it does not apply to addresses from which the account was used or its password reset: a reset mail ends every
lock of an account. Without Redis nobody can log in (503). `THROTTLE_SCALE` has no effect here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from accounts.errors import InvalidCredentials, LockedOut
from config.shared import redis
from config.shared.actor import digest
from config.shared.requests import network_of

FAILURES = 10  # per account and address
FAILURES_OF_ADDRESS = 1000  # per address, over all accounts
FAILURES_OF_ACCOUNT = 100  # per account, over all addresses not known as the owner's
KNOWN_FOR = 90 * 86_400  # seconds for which an address is known after a log-in
LOCK = 900  # seconds, from the first failure, and again from the one that locks
MAILS, MAIL_WINDOW = (
    5,
    3600,
)  # mails of one kind that can be requested for an address, and the window in seconds

PREFIX = f"{settings.CHANNEL_PREFIX}:login"
# Returns the seconds to wait, or counts the attempt and returns 0.
RESERVE = """
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[i]) then return math.max(1, redis.call('TTL', key)) end
end
for i, key in ipairs(KEYS) do
  local n = redis.call('INCR', key)
  if n == 1 or n == tonumber(ARGV[i]) then redis.call('EXPIRE', key, ARGV[#KEYS + 1]) end
end
return 0
"""
# Takes back one attempt of each key; after a success (ARGV[1] = '1') clears the first key, the account's.
RELEASE = """
if ARGV[1] == '1' then redis.call('DEL', KEYS[1]) end
for _, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
end
return 0
"""


@contextmanager
def attempt(*, email: str, address: str) -> Iterator[None]:
    """Wraps the check of a password: InvalidCredentials leaves the attempt counted, success clears the account's count.

    Raises LockedOut, and redis errors (503). If an outage makes the check itself fail, the attempt is not counted.
    """
    keys, limits = keys_of(email, address), (FAILURES, FAILURES_OF_ADDRESS, FAILURES_OF_ACCOUNT)
    if redis.connection().exists(known_key(email, address)):
        keys = keys[:2]
    if wait := redis.connection().eval(RESERVE, len(keys), *keys, *limits[: len(keys)], LOCK):
        raise LockedOut(retry_after=wait)
    try:
        yield
    except InvalidCredentials:
        raise
    except Exception:
        redis.connection().eval(RELEASE, len(keys), *keys, 0)
        raise
    redis.connection().eval(RELEASE, len(keys), *keys, 1)
    remember(email=email, address=address)


def remember(*, email: str, address: str) -> None:
    """Records that the owner has used the account from this address."""
    redis.connection().set(known_key(email, address), 1, ex=KNOWN_FOR)


def forgive(*, email: str, address: str) -> None:
    """Clears the failures of an address whose user reads the account's mail, and so is its owner."""
    redis.connection().delete(keys_of(email, address)[0])
    remember(email=email, address=address)


def is_news(*, email: str, address: str) -> bool:
    """Whether this lock is met for the first time, so that records of it do not grow with the attempts."""
    return bool(redis.connection().set(f"{keys_of(email, address)[0]}:told", 1, nx=True, ex=LOCK))


def keys_of(email: str, address: str) -> list[str]:
    """The counters: the account's failures from the address, the address's, and the account's from all addresses."""
    account, network = digest(email), digest(network_of(address))[:16]
    return [f"{PREFIX}:{account}:{network}", f"{PREFIX}:{network}", f"{PREFIX}:{account}"]


def known_key(email: str, address: str) -> str:
    return f"{keys_of(email, address)[0]}:known"


def admits_mail(*, kind: str, email: str) -> bool:
    """Whether one more mail of this kind may go to the address now; if so, counts it."""
    key = f"{settings.CHANNEL_PREFIX}:mail:{kind}:{digest(email)}"
    return redis.connection().eval(RESERVE, 1, key, MAILS, MAIL_WINDOW) == 0
