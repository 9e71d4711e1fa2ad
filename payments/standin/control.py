"""The control endpoints under `/_standin/`: receivers, trouble rules, time, and the recorded calls and events."""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from . import objects, outcomes
from .api import Api
from .errors import StripeError
from .events import public
from .http import Answer, Request, json_answer
from .resources import disputes
from .store import Object
from .trouble import Trouble
from .webhooks import Courier, configure

Result = Object | list[Object]


class Control:
    def __init__(
        self, api: Api, trouble: Trouble, courier: Courier, calls: deque[Object], *, webhook_secret: str
    ) -> None:
        self._api = api
        self._trouble = trouble
        self._courier = courier
        self._calls = calls
        self._webhook_secret = webhook_secret
        self._endpoints: dict[tuple[str, str], Callable[[Any], Awaitable[Result]]] = {
            ("GET", "health"): self._health,
            ("POST", "webhooks"): self._set_webhooks,
            ("POST", "trouble"): self._make_trouble,
            ("DELETE", "trouble"): self._end_trouble,
            ("POST", "disputes"): self._open_dispute,
            ("POST", "disputes/close"): self._close_dispute,
            ("POST", "advance"): self._advance,
            ("GET", "calls"): self._list_calls,
            ("GET", "events"): self._list_events,
            ("POST", "flush"): self._flush,
            ("POST", "reset"): self._reset,
        }

    async def answer(self, request: Request) -> Answer:
        name, *more = request.path.removeprefix("/_standin/").split("/")
        endpoint = self._endpoints.get((request.method, "/".join([name, *more[1:]])))
        if endpoint is None:
            return json_answer(404, {"error": "no such control endpoint"})
        try:
            result = await endpoint(
                {**orjson.loads(request.body or b"{}"), **({"id": more[0]} if more else {})}
            )
        except StripeError as error:
            return json_answer(error.status, {"error": error.error})
        except (TypeError, ValueError, KeyError) as error:
            return json_answer(400, {"error": str(error)})
        self._courier.wake()
        return json_answer(200, result)

    async def _health(self, _: Any) -> Result:
        return {"status": "ok"}

    async def _set_webhooks(self, body: Any) -> Result:
        """`{url, secret?}`: replaces the receivers; `url` may be a list, or empty for none."""
        urls = [body["url"]] if isinstance(body["url"], str) else body["url"]
        configure(self._api.store, urls, body.get("secret", self._webhook_secret))
        return {"urls": urls}

    async def _make_trouble(self, body: Any) -> Result:
        self._trouble.add(body)
        return {"rules": len(self._trouble.rules)}

    async def _end_trouble(self, _: Any) -> Result:
        self._trouble.end()
        return {"rules": 0}

    async def _open_dispute(self, body: Any) -> Result:
        """`{payment_intent | charge, reason?}`"""
        with self._api.store.transaction():
            call = self._api.call()
            charge = (
                body.get("charge")
                or objects.get(call, "payment_intent", body["payment_intent"])["latest_charge"]
            )
            reason = body.get("reason", "fraudulent")
            return public(disputes.open_dispute(call, objects.get(call, "charge", charge), reason=reason))

    async def _close_dispute(self, body: Any) -> Result:
        """`{outcome: won | lost}`"""
        if body["outcome"] not in ("won", "lost"):
            raise ValueError("outcome is won or lost")
        with self._api.store.transaction():
            call = self._api.call()
            return public(
                disputes.close_dispute(call, objects.get(call, "dispute", body["id"]), body["outcome"])
            )

    async def _advance(self, _: Any) -> Result:
        """Fires now what the stand-in's delay still holds back, and everything that follows from it."""
        fired = 0
        while batch := outcomes.run_due(self._api.call(), until=self._api.horizon()):
            fired += batch
        return {"fired": fired}

    async def _list_calls(self, _: Any) -> Result:
        return list(self._calls)

    async def _list_events(self, _: Any) -> Result:
        """All accounts' events, oldest first."""
        sql = "SELECT data FROM objects WHERE type = 'event' ORDER BY seq"
        return [public(orjson.loads(row[0])) for row in self._api.store.db.execute(sql)]

    async def _flush(self, _: Any) -> Result:
        await self._courier.flush()
        return {"flushed": time.time()}

    async def _reset(self, _: Any) -> Result:
        """Forget every object, key, delivery, call and trouble; the receivers stay."""
        with self._api.store.transaction():
            self._api.store.clear()
        self._trouble.end()
        self._calls.clear()
        return {"reset": True}
