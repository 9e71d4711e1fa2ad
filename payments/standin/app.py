"""The ASGI application: trouble first, then the API, the control endpoints, and the pages for browsers."""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from . import api, outcomes
from .control import Control
from .errors import StripeError
from .events import API_VERSION
from .http import Answer, Disconnected, Receive, Request, Scope, Send, disconnected
from .ids import new_id
from .pages import Pages
from .resources import ROUTES
from .store import Store
from .trouble import AFTER, BEFORE, Rule, Trouble
from .webhooks import Courier

CALLS_KEPT = 20_000


class Cut(Exception):
    """The connection is to be closed without an answer."""


class StandIn:
    def __init__(self, store: Store, *, base_url: str, settle_after: float, webhook_secret: str) -> None:
        self.store = store
        self.trouble = Trouble()
        self.courier = Courier(store, self.trouble)
        self.api = api.Api(store, ROUTES, base_url=base_url, settle_after=settle_after)
        self.pages = Pages(self.api)
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.control = Control(
            self.api, self.trouble, self.courier, self.calls, webhook_secret=webhook_secret
        )
        self._planned = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await Request.read(scope, receive)
            request.headers["request-id"] = new_id("request")
            answer = await self._answer(request, receive)
        except Cut:
            scope["extensions"]["cut"]()
            await disconnected(receive)
            return
        except Disconnected:
            return
        version = request.headers.get("stripe-version", API_VERSION)
        answer.headers |= {"request-id": request.headers["request-id"], "stripe-version": version}
        await answer.send(send)

    def chores(self) -> list[Coroutine[Any, Any, None]]:
        """Coroutines that run as long as the server does."""
        return [self.courier.run(), self._run_outcomes()]

    def changed(self) -> None:
        """Called after a commit: there may be events to post and outcomes to wait for."""
        self.courier.wake()
        self._planned.set()

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        if request.path.startswith("/_standin/"):
            return await self.control.answer(request)
        if not request.path.startswith("/v1/"):
            answer = self.pages.answer(request)
            self.changed()
            return answer
        return await self._logged_call(request, receive)

    async def _logged_call(self, request: Request, receive: Receive) -> Answer:
        entry: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "idempotency_key": request.headers.get("idempotency-key"),
            "account": request.headers.get("stripe-account"),
            "request_id": request.headers["request-id"],
            "status": None,
            "replayed": False,
        }
        self.calls.append(entry)
        answer = await self._call(request, receive)
        entry |= {"status": answer.status, "replayed": "idempotent-replayed" in answer.headers}
        return answer

    async def _call(self, request: Request, receive: Receive) -> Answer:
        rule = self.trouble.strike(request.method, request.path) or Rule()
        try:
            account = self.api.account_of(request)
            key = self.api.key_of(request, account)
            with self.api.answers.running(key):
                await self._suffer(rule, BEFORE, receive)
                answer = self.api.execute(request, account, key, forced=_forced(rule))
            self.changed()
        except StripeError as error:
            return api.error_answer(error, request.headers["request-id"])
        await self._suffer(rule, AFTER, receive)
        return answer

    async def _suffer(self, rule: Rule, side: str, receive: Receive) -> None:
        if rule.side() != side:
            return
        await asyncio.sleep(rule.delay)
        if rule.hang:
            await disconnected(receive)
        if rule.drop or rule.hang:
            raise Cut
        if rule.status and side == BEFORE:
            raise api.failure(rule.status)

    async def _run_outcomes(self) -> None:
        while True:
            self._planned.clear()
            if outcomes.run_due(self.api.call(), until=time.time()):
                self.courier.wake()
            due = outcomes.next_due(self.store)
            with suppress(TimeoutError):
                await asyncio.wait_for(
                    self._planned.wait(), None if due is None else max(0.0, due - time.time())
                )


def _forced(rule: Rule) -> StripeError | None:
    return api.failure(rule.status) if rule.status and rule.side() == AFTER else None
