"""The counts of attempts and mails in Redis, which outlive a test."""

from django.conf import settings

from config.shared import redis


def forget_counters():
    """Only the tests' own keys: the Redis may be somebody's."""
    cache = redis.connection()
    for kind in ("login", "mail", "rate"):
        for key in cache.scan_iter(f"{settings.CHANNEL_PREFIX}:{kind}:*"):
            cache.delete(key)
