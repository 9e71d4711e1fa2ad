"""Counts the cache hits of this process: counting each one in Redis would cost as much as the answer."""

import threading
import time
from contextlib import suppress

from catalog.cache import keys
from config.shared import redis

ADD = "return redis.call('HINCRBY', KEYS[1], 'hit', ARGV[1])"


class Tally:
    def __init__(self) -> None:
        self.hits, self.told_at, self.lock = 0, time.monotonic(), threading.Lock()

    def add(self) -> None:
        with self.lock:
            self.hits += 1
        if time.monotonic() - self.told_at > keys.TELLING:
            self.tell()

    def tell(self) -> None:
        with self.lock:
            hits, self.hits, self.told_at = self.hits, 0, time.monotonic()
        if hits:
            with suppress(*redis.DOWN):
                keys.script(ADD, "pages")([keys.COUNTS], [hits])


tally = Tally()
