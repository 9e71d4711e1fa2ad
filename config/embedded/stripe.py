"""The Stripe stand-in: a small process of our own on loopback, used if no `STRIPE_SECRET_KEY` is set."""

import contextlib
import json
import socket
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded import locks, places
from config.embedded.errors import NotStarted
from config.embedded.service import Service
from config.environment import text

HOST = "127.0.0.1"
WEBHOOK_SECRET = "whsec_souk_local"  # noqa: S105  (public: it protects nothing but development)
PROBE_SECONDS = 2


def is_there() -> bool:
    return (places.PROJECT / "payments" / "standin" / "__main__.py").exists()


def address_file() -> Path:
    """Written by the stand-in once it listens: `{"url": …, "pid": …}`."""
    return places.data_dir() / "stripe" / "address.json"


def url() -> str:
    """The base URL that the SDK calls, without a trailing slash."""
    try:
        return str(json.loads(address_file().read_text())["url"]).rstrip("/")
    except (OSError, ValueError, KeyError):
        raise NotStarted(
            "The Stripe stand-in does not run: set STRIPE_SECRET_KEY, or start Souk by `make run` or manage.py."
        ) from None


class Stripe(Service):
    name = "stripe"

    def __init__(self) -> None:
        super().__init__()
        self.port = 0

    def prepare(self) -> None:
        folder = places.folder("stripe")
        remembered = folder / "last-address.json"
        with contextlib.suppress(FileNotFoundError):
            address_file().replace(remembered)
        self.port = _port_if_free(remembered)

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "payments.standin", "--host", HOST, "--port", str(self.port),
            "--state", str(places.data_dir() / "stripe" / "state"), "--webhook-secret", WEBHOOK_SECRET,
            "--port-file", str(address_file()),
        ]  # fmt: skip


def _port_if_free(remembered: Path) -> int:
    """The port of the last run, so that a restart keeps its address; 0 (any) if it is taken."""
    try:
        port = urlsplit(json.loads(remembered.read_text())["url"]).port or 0
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, ValueError, KeyError):
        return 0
    return port


def answers() -> bool:
    if not locks.is_held(places.lock(Stripe.name)):
        return False  # the address is stale, and another program may have the port
    try:
        port = urlsplit(json.loads(address_file().read_text())["url"]).port
        socket.create_connection((HOST, port or 0), PROBE_SECONDS).close()
    except (OSError, ValueError, KeyError):
        return False
    return True


def webhooks_to(address: str) -> None:
    """Tells the stand-in where to post its webhooks from now on."""
    secret = text("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    request = urllib.request.Request(  # noqa: S310  (always http on loopback)
        f"{url()}/_standin/webhooks",
        data=json.dumps({"url": address, "secret": secret}).encode(),
        headers={"Content-Type": "application/json"},
    )
    loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    loopback.open(request, timeout=PROBE_SECONDS).close()
