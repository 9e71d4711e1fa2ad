"""What every HTTP request gets: an id, one log line, and the client's real address."""

import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address, ip_network
from secrets import token_hex

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.shared.logs import write_request
from config.shared.metrics import count_request

# The request being answered: only for records beside the act (logs, audit trail), never for decisions.
CURRENT: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
SANE_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")


def request_id_from(header: str | None) -> str:
    """The client's own id if it is well-formed, otherwise a new one."""
    return header if header and SANE_ID.fullmatch(header) else token_hex(16)


def client_address(remote: str, forwarded: str) -> str:
    """The client's address: `X-Forwarded-For` is trusted only as far as named proxies wrote it."""
    hops = [part.strip() for part in forwarded.split(",") if part.strip()]
    address = remote
    while hops and is_trusted_proxy(address):
        address = hops.pop()
    return address


def is_trusted_proxy(address: str) -> bool:
    try:
        return any(ip_address(address) in network for network in settings.TRUSTED_PROXIES)
    except ValueError:
        return False


def address_of(request: HttpRequest) -> str:
    return client_address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def network_of(address: str) -> str:
    """The addresses that one client controls: a single IPv4 address, or an IPv6 /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return str(ip_network((ip, 64), strict=False))
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def believe_proxy(request: HttpRequest) -> None:
    """Marks the request as secure if a named proxy reports TLS to the client."""
    is_told = request.META.get("HTTP_X_FORWARDED_PROTO") == "https"
    if is_told and is_trusted_proxy(request.META.get("REMOTE_ADDR", "")):
        request.META["wsgi.url_scheme"] = "https"


class RequestMiddleware:
    """First in the list, so that every response has `X-Request-Id` and is logged once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request.id = request_id_from(request.headers.get("X-Request-Id"))  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        believe_proxy(request)
        outer = CURRENT.set(request)
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
            took = time.perf_counter() - started
            count_request(request, status=response.status_code, seconds=took)
            write_request(
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=round(took * 1000, 1),
                **structlog.contextvars.get_contextvars(),
            )
            return response
        finally:
            CURRENT.reset(outer)
            structlog.contextvars.clear_contextvars()
