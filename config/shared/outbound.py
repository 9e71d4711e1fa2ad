"""HTTP to addresses that users supply: webhooks, pictures by URL. The only way out to hosts that we did not choose.

The name is resolved once, all its addresses are checked, and the connection goes to a checked address: a name that
resolves differently the second time (DNS rebinding) gains nothing. Redirects are not followed, proxies not used, and
time and size are limited over the whole exchange, not only for each read.

    answer = outbound.send("POST", url, body=b"...", headers={...})

Call it outside a transaction.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as ResolvedTooSlowly
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

DEADLINE = 15.0  # seconds from the DNS look-up to the last byte
MAX_ANSWER = 65_536  # bytes of an answer's body that are kept
MAX_URL = 2048
USER_AGENT = "Souk/1.0"
PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = (
    1024  # below it, only the two HTTP ports are allowed: a webhook must not reach a mail server
)
PUBLIC_IPV6 = ip_network("2000::/3")
MAPPED = ip_network("::ffff:0:0/96")
TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: how a host without IPv4 reaches an IPv4 address
# Blocks inside the "global" ranges: protocol assignments (including one cloud's metadata), tunnels that hide an IPv4
# address, documentation, and another cloud's metadata.
NEVER = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "168.63.129.16/32",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
RESOLVERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


class OutboundError(Exception):
    """`code` is stable; the message reveals no more about our network than the caller may know."""

    code = "failed"


class Refused(OutboundError):
    """Nothing was sent: this URL may not be called."""

    code = "address_refused"


class Failed(OutboundError):
    """The attempt failed; `code` is `unresolved`, `timeout`, `unreachable`, `tls` or `no_http`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, parsed once, so that the URL checked is the URL called."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the beginning of the answer's body, up to `MAX_ANSWER` bytes or the caller's limit."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_truncated: bool
    seconds: float


def send(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    deadline: float = DEADLINE,
    max_answer: int = MAX_ANSWER,
) -> Answer:
    """Sends one request; returns the answer whatever its status (also a redirect). Raises Refused or Failed."""
    target = parse(url)
    sent = {"User-Agent": USER_AGENT, **(headers or {}), "Host": target.host_header, "Connection": "close"}
    sent |= {"Accept-Encoding": "identity"}
    if body:
        sent["Content-Length"] = str(len(body))
    with limited(deadline) as watch, translated(watch):
        connection = Pinned(target, addresses_of(target, watch), watch)
        with contextlib.closing(connection):
            connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            return read(connection.getresponse(), watch, max_answer)


def read(response: http.client.HTTPResponse, watch: "Watch", limit: int) -> Answer:
    body = response.read(limit + 1)
    watch.check()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, body[:limit], len(body) > limit, round(watch.spent, 3))


# --- The URL ----------------------------------------------------------------------------------------------


def parse(url: str) -> Target:
    """Parses a URL without using the network. Raises Refused if it may never be called."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or set(' \\"<>^`{|}') & set(url):
        raise Refused("The URL holds characters that do not belong into one, or is too long.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("The URL is malformed.") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise Refused("The URL must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise Refused("The URL must not hold a user or a password.")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port < FIRST_FREE_PORT:
        raise Refused(f"Port {port} is not one that HTTP is served on.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, parts.hostname, port, path)
    check_literal(target.host)
    return target


def check_literal(host: str) -> None:
    """Checks a literal address at once; unusual spellings are checked after they are resolved."""
    with contextlib.suppress(ValueError):
        judge(str(ip_address(host)))


# --- The addresses ----------------------------------------------------------------------------------------


def addresses_of(target: Target, watch: "Watch") -> list[tuple[Any, ...]]:
    """The name's addresses from getaddrinfo; one forbidden address among them refuses the whole request.

    The resolver also reads unusual spellings of IPv4 (2130706433, 0x7f.1, 0177.0.0.1); the check sees its result.
    """
    asked = RESOLVERS.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    try:
        found = asked.result(timeout=watch.left)
    except ResolvedTooSlowly:
        raise Failed("timeout", "The name was not resolved in time.") from None
    except (OSError, UnicodeError):
        raise Failed("unresolved", "The name has no address.") from None
    for *_, address in found:
        judge(address[0])
    return found


def judge(address: str) -> None:
    """Raises Refused unless the address is public (or loopback, where that is allowed)."""
    ip = unwrapped(ip_address(address.partition("%")[0]))
    if ip.is_loopback and settings.OUTBOUND_LOOPBACK:
        return
    if not is_public(ip):
        raise Refused("The address is not a public one.")


def unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside a mapped or NAT64 IPv6 address."""
    if ip.version == 6 and (ip in MAPPED or ip in TRANSLATED):
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    if any(ip.version == network.version and ip in network for network in NEVER):
        return False
    if ip.version == 6:
        return ip in PUBLIC_IPV6
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


# --- The connection ---------------------------------------------------------------------------------------


class Watch:
    """The remaining time; when it is used up, the open connection is cut, whatever it waits for."""

    def __init__(self, deadline: float) -> None:
        self.begun, self.deadline = time.monotonic(), deadline
        self.socket: socket.socket | None = None
        self.is_over = False

    @property
    def spent(self) -> float:
        return time.monotonic() - self.begun

    @property
    def left(self) -> float:
        return max(0.001, self.deadline - self.spent)

    def cut(self) -> None:
        self.is_over = True
        if self.socket is not None:
            with contextlib.suppress(OSError):  # bypasses ssl, whose own shutdown would talk to the peer
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def check(self) -> None:
        if self.is_over or self.spent >= self.deadline:
            raise Failed("timeout", "It did not answer in time.")


@contextlib.contextmanager
def limited(deadline: float) -> Iterator[Watch]:
    watch = Watch(deadline)
    timer = threading.Timer(deadline, watch.cut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()


@contextlib.contextmanager
def translated(watch: Watch) -> Iterator[None]:
    """Turns the exceptions of sockets, TLS and HTTP into Failed."""
    try:
        yield
    except (OSError, http.client.HTTPException) as problem:
        watch.check()
        if isinstance(problem, TimeoutError):
            raise Failed("timeout", "It did not answer in time.") from None
        if isinstance(problem, ssl.SSLError):
            raise Failed("tls", f"No secure connection: {problem.reason or 'refused'}.") from None
        if isinstance(problem, OSError):
            raise Failed("unreachable", "No connection, or it broke.") from None
        raise Failed("no_http", "What answered is not HTTP.") from None
    except ValueError:  # raised by ssl for a connection that was cut; otherwise a bug of the caller
        watch.check()
        raise


class Pinned(http.client.HTTPConnection):
    """Connects only to checked addresses; the name is used only for TLS and `Host`."""

    def __init__(self, target: Target, addresses: list[tuple[Any, ...]], watch: Watch) -> None:
        super().__init__(target.host, target.port)
        self.target, self.addresses, self.watch = target, addresses, watch

    def connect(self) -> None:
        plain = self.watch.socket = first_open(self.addresses, self.watch)
        self.sock = plain
        if self.target.scheme == "https":
            secure = tls_context().wrap_socket(
                plain, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock = self.watch.socket = secure
            secure.do_handshake()
        self.watch.check()


def first_open(addresses: list[tuple[Any, ...]], watch: Watch) -> socket.socket:
    for family, kind, protocol, _, address in addresses:
        attempt = socket.socket(family, kind, protocol)
        attempt.settimeout(watch.left)
        try:
            attempt.connect(address)
        except OSError:
            attempt.close()
            watch.check()
            continue
        return attempt
    raise Failed("unreachable", "No connection.")


@cache
def tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()
