"""`python -m payments.standin`: runs the stand-in until SIGTERM, or until the parent process is gone."""

import argparse
import asyncio
import json
import os
import socket
from pathlib import Path
from types import FrameType

import uvicorn

from .app import StandIn
from .http import Protocol
from .store import Store
from .webhooks import configure

PARENT_CHECK_SECONDS = 0.5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m payments.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state", default=":memory:", help="path of the state, or :memory:")
    parser.add_argument("--webhook-secret", default="whsec_souk_local")
    parser.add_argument("--webhook-url", action="append", help="receiver of events; may be repeated")
    parser.add_argument("--port-file", type=Path, help="written once listening, with the printed line")
    parser.add_argument("--parent-pid", type=int, help="stop when this process is gone")
    parser.add_argument("--settle-after", type=float, default=2.0, help="seconds until asynchronous outcomes")
    return parser.parse_args()


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Name the protocol: asyncio sets TCP_NODELAY only if it is named; without it every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    if not listener.getsockname()[0].startswith(("127.", "::1")):
        raise SystemExit("The stand-in takes any key: it listens on loopback only.")
    listener.listen(256)
    return listener


def announce(url: str, port_file: Path | None) -> None:
    line = json.dumps({"url": url, "pid": os.getpid()})
    if port_file:
        draft = port_file.with_name(f"{port_file.name}.{os.getpid()}")
        draft.write_text(line + "\n")
        draft.replace(port_file)
    print(line, flush=True)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


class Server(uvicorn.Server):
    """Stops at once: what was answered is committed, and waiting clients must be able to lose the connection."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.stop()

    def stop(self) -> None:
        self.should_exit = self.force_exit = True


async def watch_parent(pid: int, server: Server) -> None:
    """A dead parent may remain as a zombie, but this process then has another parent: watches for that as well."""
    ours = os.getppid() == pid
    while is_running(pid) and (not ours or os.getppid() == pid):
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    server.stop()


async def serve(options: argparse.Namespace) -> None:
    listener = listen(options.host, options.port)
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    store = Store(options.state)
    if options.webhook_url is not None:
        configure(store, options.webhook_url, options.webhook_secret)
    app = StandIn(
        store, base_url=url, settle_after=options.settle_after, webhook_secret=options.webhook_secret
    )
    server = Server(
        uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            proxy_headers=False,
        )
    )
    async with asyncio.TaskGroup() as group:
        chores = [group.create_task(chore) for chore in app.chores()]
        if options.parent_pid:
            chores.append(group.create_task(watch_parent(options.parent_pid, server)))
        announce(url, options.port_file)
        await server.serve(sockets=[listener])
        for chore in chores:
            chore.cancel()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
