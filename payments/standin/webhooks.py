"""Delivers events to their receivers: signed, at least once, with back-off, in no guaranteed order.

The schedule is in the database, so it survives a restart; an interrupted delivery is made again.
"""

import asyncio
import hashlib
import hmac
import time
from contextlib import suppress
from functools import partial

import orjson

from .events import public
from .http import post
from .store import CONFIGURED, Object, Store
from .trouble import Trouble

BACK_OFF_SECONDS = (0.5, 1, 2, 5, 15, 60, 300, 900, 3600)
GIVE_UP_AFTER_SECONDS = 3 * 24 * 3600
TIMEOUT_SECONDS = 10
AT_ONCE = 8
REORDER_WINDOW_SECONDS = 0.2


def signature(payload: bytes, secret: str, moment: int) -> str:
    """The value of `Stripe-Signature` for this body at this Unix time."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (moment, payload), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def configure(store: Store, urls: list[str], secret: str) -> None:
    """Replaces the configured receivers; the first new one gets what is pending for the first old one, and so on."""
    with store.transaction():
        store.db.execute("DELETE FROM objects WHERE account = ?", (CONFIGURED,))
        for number, url in enumerate(urls):
            store.insert(_receiver(f"we_configured_{number}", url, secret), CONFIGURED)


def _receiver(identifier: str, url: str, secret: str) -> Object:
    return {
        "id": identifier,
        "object": "webhook_endpoint",
        "created": int(time.time()),
        "enabled_events": ["*"],
        "url": url,
        "_secret": secret,
    }


class Courier:
    """Posts what is due; wakes up for new work, for the next retry, and when a switch changes."""

    def __init__(self, store: Store, trouble: Trouble) -> None:
        self._store = store
        self._trouble = trouble
        self._flying: dict[int, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        while True:
            self._awake.clear()
            looked = time.time()
            if self._trouble.webhooks.reorder_webhooks and self._due(1):
                await self._send_in_reverse()
            else:
                self._launch()
            await self._sleep(looked)

    async def flush(self) -> None:
        """Waits until every due delivery has been tried; those held back are not due."""
        while self._flying or (self._due(1) and not self._trouble.webhooks.hold_webhooks):
            self.wake()
            await asyncio.sleep(0.01)

    def _due(self, limit: int) -> list[tuple[int, str, str, float, int]]:
        sql = (
            "SELECT id, event, receiver, created, attempts FROM deliveries "
            "WHERE state = 'pending' AND due <= ? ORDER BY due, id LIMIT ?"
        )
        rows = self._store.db.execute(sql, (time.time(), limit + len(self._flying))).fetchall()
        return [row for row in rows if row[0] not in self._flying][:limit]

    def _launch(self) -> None:
        if self._trouble.webhooks.hold_webhooks:
            return
        for row in self._due(AT_ONCE - len(self._flying)):
            task = asyncio.create_task(self._deliver(*row))
            self._flying[row[0]] = task
            task.add_done_callback(partial(self._landed, row[0]))

    def _landed(self, number: int, _: asyncio.Task[None]) -> None:
        del self._flying[number]
        self.wake()

    async def _send_in_reverse(self) -> None:
        await asyncio.sleep(REORDER_WINDOW_SECONDS)
        if not self._trouble.webhooks.hold_webhooks:
            for row in self._due(1000)[::-1]:
                await self._deliver(*row)

    async def _sleep(self, looked: float) -> None:
        """Sleeps until the next delivery that was not yet due at `looked`."""
        sql = "SELECT min(due) FROM deliveries WHERE state = 'pending' AND due > ?"
        upcoming = self._store.db.execute(sql, (looked,)).fetchone()[0]
        pause = None if upcoming is None else max(0.0, upcoming - time.time())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), pause)

    async def _deliver(self, number: int, event: str, receiver: str, created: float, attempts: int) -> None:
        target = self._store.find(receiver, "webhook_endpoint")
        subject = self._store.find(event)
        if target is None or subject is None or target.get("deleted"):
            self._settle(number, "abandoned")
        elif await self._accepted(target, orjson.dumps(public(subject))):
            self._settle(number, "delivered")
        elif time.time() - created > GIVE_UP_AFTER_SECONDS:
            self._settle(number, "failed")
        else:
            self._retry(number, BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS) - 1)])

    async def _accepted(self, target: Object, payload: bytes) -> bool:
        for _ in range(2 if self._trouble.webhooks.duplicate_webhooks else 1):
            accepted = await _post_signed(target, payload)
        return accepted

    def _settle(self, number: int, state: str) -> None:
        sql = "UPDATE deliveries SET state = ?, attempts = attempts + 1 WHERE id = ?"
        self._store.db.execute(sql, (state, number))

    def _retry(self, number: int, pause: float) -> None:
        sql = "UPDATE deliveries SET due = ?, attempts = attempts + 1 WHERE id = ?"
        self._store.db.execute(sql, (time.time() + pause, number))


async def _post_signed(target: Object, payload: bytes) -> bool:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(payload, target["_secret"], int(time.time())),
    }
    try:
        return 200 <= await asyncio.wait_for(post(target["url"], headers, payload), TIMEOUT_SECONDS) < 300
    except (OSError, ValueError, TimeoutError):
        return False
