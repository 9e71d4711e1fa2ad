"""How long each process of the Procfile takes until it serves, the CPU time of that, and its memory then.

python bench/starts.py          # on the embedded database
"""

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from machine import PROJECT, begun, cpu_ms, free_port, memory_mb
from reads import web

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
PATIENCE = 60  # seconds
LISTENERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
)


def websockets(port: int) -> list[str]:
    """uvicorn as the Procfile runs it."""
    wire = "config.shared.realtime.wire"
    return [
        sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--ws", f"{wire}:SocketWire",
        "--http", f"{wire}:HttpWire", "--ws-per-message-deflate", "false", "--log-level", "warning",
    ]  # fmt: skip


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
    except OSError:
        return False
    return True


def listens() -> bool:
    """A worker is ready when it hears of new jobs and events, which is on a connection each."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(LISTENERS)
        return cursor.fetchone()[0] >= 2


def measure(command: list[str], is_ready: Callable[[], bool], **environment: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        with begun(command, log=f"{folder}/log", **environment) as process:
            while not is_ready():
                if process.poll() is not None or time.monotonic() > start + PATIENCE:
                    raise SystemExit(f"{command} never came up.")
                time.sleep(0.01)
            took = time.monotonic() - start
            return {
                "ready_s": round(took, 2), "cpu_ms": round(cpu_ms([process.pid])), "memory_mb": memory_mb(process.pid),
            }  # fmt: skip


def run() -> dict[str, Any]:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
    http, sockets = free_port(), free_port()
    command, environment = web(http, 50_000, "4")
    return {
        "start of web": measure(command, lambda: answers(http), **environment),
        "start of ws": measure(websockets(sockets), lambda: answers(sockets)),
        "start of worker": measure([sys.executable, "manage.py", "worker"], listens),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="all figures in one line")
    options = parser.parse_args()
    figures = run()
    print(
        json.dumps(figures) if options.json else "\n".join(f"{name}: {one}" for name, one in figures.items())
    )
