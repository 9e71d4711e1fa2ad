"""The `/v1` API: authentication, idempotency, parameters, the handler in its transaction, expansion."""

import time
from collections.abc import Iterable
from typing import Any

import orjson

from . import forms
from .call import PLATFORM, Call
from .errors import CardError, StripeError, broken, invalid, rate_limited, unauthorized, unknown_url
from .events import public
from .expand import expand
from .http import Answer, Request
from .idempotency import Answers, Key
from .objects import get_account
from .params import check, list_of, text
from .routing import Route, Router
from .store import Object, Store

KEY_PREFIXES = ("sk_test_", "rk_test_")


class Api:
    def __init__(self, store: Store, routes: Iterable[Route], *, base_url: str, settle_after: float) -> None:
        self.store = store
        self.answers = Answers(store)
        self._router = Router(routes)
        self._base_url = base_url
        self._settle_after = settle_after

    def call(self, **details: Any) -> Call:
        return Call(self.store, self._base_url, self._settle_after, **details)

    def horizon(self) -> float:
        """The latest Unix time for which the stand-in's delay now holds anything back."""
        return time.time() + self._settle_after + 1

    def account_of(self, request: Request) -> str:
        """Authenticates; returns the account that the call acts for."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not credential:
            raise unauthorized("You did not provide an API key.")
        if not credential.startswith(KEY_PREFIXES):
            raise unauthorized(f"Invalid API Key provided: {credential[:8]}***")
        named = request.headers.get("stripe-account")
        return get_account(self.call(), named)["id"] if named else PLATFORM

    def key_of(self, request: Request, account: str) -> Key | None:
        value = request.headers.get("idempotency-key")
        if request.method != "POST" or not value:
            return None
        return Key.of(account, value, request.path, request.body)

    def execute(
        self, request: Request, account: str, key: Key | None, *, forced: StripeError | None = None
    ) -> Answer:
        """Runs the call and commits; `forced` is a failure to return, and remember, instead of the answer."""
        request_id = request.headers["request-id"]
        with self.store.transaction():
            if key and (stored := self.answers.stored(key, now=int(time.time()))):
                return Answer(*stored, {"idempotent-replayed": "true"})
            route, call = self._prepare(request, account, request_id)
            status, body = self._run(route, call)
            if forced:
                status, body = forced.status, _error_body(forced, request_id)
            if key:
                self.answers.store(key, status, body, now=call.now)
        return Answer(status, body)

    def _prepare(self, request: Request, account: str, request_id: str) -> tuple[Route, Call]:
        found = self._router.find(request.method, request.path)
        if found is None:
            raise unknown_url(request.method, request.path)
        route, ids = found
        params = check(_form(request), {"expand": list_of(text), **route.accepts}, route.requires)
        key = request.headers.get("idempotency-key")
        return route, self.call(
            params=params, ids=ids, account=account, request_id=request_id, idempotency_key=key
        )

    def _run(self, route: Route, call: Call) -> tuple[int, bytes]:
        try:
            with self.store.savepoint():
                try:
                    body = public(route.handler(call))
                    return 200, orjson.dumps(expand(self.store, body, call.params.get("expand") or []))
                except CardError as refused:
                    return refused.status, _error_body(refused, call.request_id)
        except StripeError as error:
            return error.status, _error_body(error, call.request_id)


def failure(status: int) -> StripeError:
    """The error for a trouble rule's status."""
    return rate_limited() if status == 429 else broken(status)


def error_answer(error: StripeError, request_id: str) -> Answer:
    return Answer(error.status, _error_body(error, request_id))


def _error_body(error: StripeError, request_id: str | None) -> bytes:
    shown: Object = {**error.error, "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}"}
    return orjson.dumps({"error": shown})


def _form(request: Request) -> Object:
    try:
        return request.form
    except forms.MalformedForm as name:
        raise invalid(f"Invalid request: malformed parameter {name}") from None
