"""The SDK's HTTP transport, with one deadline for a whole call however slowly the answer drips in."""

import io
import socket
import threading
import time
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import Any

import requests
import stripe
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECTING = 3.0  # seconds at most, for each of the host's addresses
calls = threading.local()


def start_clock(seconds: float) -> None:
    """Gives this thread's calls from now on so many seconds in all."""
    calls.deadline = time.monotonic() + seconds


def seconds_left() -> float:
    """Zero when the time is up."""
    return max(0.0, calls.deadline - time.monotonic())


class TimedReader(io.RawIOBase):
    """Reads from a socket until the deadline; a socket's own time-out would start anew with each byte."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self.raw, self.sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = seconds_left()
        if not left:
            raise TimeoutError("the deadline of the call has passed")
        self.sock.settimeout(left)
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


class TimedResponse(HTTPResponse):
    """Reads head and body under the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(TimedReader(self.fp.detach(), sock))


class TimedHttp(HTTPConnection):
    response_class = TimedResponse


class TimedHttps(HTTPSConnection):
    response_class = TimedResponse


class TimedHttpPool(HTTPConnectionPool):
    ConnectionCls = TimedHttp


class TimedHttpsPool(HTTPSConnectionPool):
    ConnectionCls = TimedHttps


POOLS = {"http": TimedHttpPool, "https": TimedHttpsPool}


class TimedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


class TimedClient(stripe.HTTPClient):
    """Needs `start_clock` first; a call that misses the deadline is an APIConnectionError."""

    name = "requests"

    def __init__(self, *, trust_env: bool) -> None:
        super().__init__()
        self.trust_env = trust_env
        self.sessions = threading.local()

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        left = max(0.01, seconds_left())
        limits = (min(CONNECTING, left / 2), left)
        try:
            response = self.session().request(method, url, headers=headers, data=post_data, timeout=limits)
        except requests.RequestException as problem:
            raise stripe.APIConnectionError(type(problem).__name__) from problem
        return response.content, response.status_code, response.headers

    def session(self) -> requests.Session:
        """One for each thread, to keep its connection open."""
        if not hasattr(self.sessions, "session"):
            session = self.sessions.session = requests.Session()
            session.trust_env = self.trust_env
            for scheme in ("http://", "https://"):
                session.mount(scheme, TimedAdapter())
        return self.sessions.session

    def close(self) -> None:
        self.session().close()
