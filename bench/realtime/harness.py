"""A websocket process and a worker of their own, events that are really written, and clients that count what they get."""

import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("SOUK_DATA_DIR", str(PROJECT / ".souk-bench"))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SOCKETS_PER_ADDRESS": "0",
    "SOCKETS_PER_USER": "0",
}

import django

from config import embedded

embedded.ensure(without={"stripe"})
django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from catalog.events import InventoryChanged, product_audience
from catalog.models import Product
from catalog.tests.factories import ProductFactory
from config.shared.events import log

GONE = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, TimeoutError)


def prepare(products: int) -> list[int]:
    """A migrated database with public products; their ids."""
    call_command("migrate", interactive=False, verbosity=0)
    found = list(Product.objects.public().order_by("pk").values_list("pk", flat=True)[:products])
    return found + [ProductFactory().pk for _ in range(products - len(found))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server(port: int) -> subprocess.Popen:
    """The line of the Procfile, on a port of its own; returns once it listens."""
    line = next(entry for entry in (PROJECT / "Procfile").read_text().splitlines() if entry.startswith("ws:"))
    command = line.partition(":")[2].strip()
    process = start(["sh", "-c", command], WS_PORT=str(port))
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process


def worker() -> subprocess.Popen:
    return start([sys.executable, "manage.py", "worker"])


def start(command: list[str], **settings: str) -> subprocess.Popen:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(command, cwd=PROJECT, env=os.environ | settings | {"PATH": path})


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def stop(*processes: subprocess.Popen) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            kill(process)


def kill_valkey() -> None:
    """Without notice; then the embedded services are brought back, as `manage.py up` does every few seconds."""
    here = str(embedded.run_dir())
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "valkey-server" in command and here in command:
            os.kill(int(folder.name), signal.SIGKILL)
    time.sleep(1)
    embedded.revive()


def memory(process: subprocess.Popen) -> float:
    """MB that are resident."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def cpu(process: subprocess.Popen) -> float:
    """Seconds of CPU that it has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def raise_limit_of_files() -> None:
    """As far as the system lets; each socket is an open file at both ends."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def happen(product: int, *numbers: int) -> None:
    """One commit, with an event for each number."""
    audience = [product_audience(product)]
    events = [
        InventoryChanged(product=str(product), variant="1", available=True, quantity=number)
        for number in numbers
    ]
    with transaction.atomic():
        log.append_all((event, audience) for event in events)


def unplaced() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM shared_eventrecord WHERE position IS NULL")
        return cursor.fetchone()[0]


class Client:
    """Follows a product for as long as it is let, comes back with its cursor, and keeps every id and its delay."""

    def __init__(self, port: int, product: int) -> None:
        self.address = f"ws://127.0.0.1:{port}/ws/v1/inventory?product={product}"
        self.product, self.cursor, self.ready = product, "", asyncio.Event()
        self.ids: list[int] = []
        self.delays: list[float] = []
        self.reconnects = self.resyncs = 0
        self.is_live = False  # has been told that it has all, and is still connected
        self.codes: list[int] = []

    async def run(self) -> None:
        while True:
            try:
                await self.follow()
            except GONE as end:
                self.codes.append(getattr(getattr(end, "rcvd", None), "code", 0))
                self.reconnects += 1
                self.is_live = False
                await asyncio.sleep(0.2 + (hash(self) % 1000) / 500)

    async def follow(self) -> None:
        address = self.address + (f"&after={self.cursor}" if self.cursor else "")
        async with connect(address, compression=None, open_timeout=60, ping_interval=None) as wire:
            async for text in wire:
                self.take(json.loads(text))

    def take(self, frame: dict) -> None:
        if frame["type"] == "inventory.changed":
            self.ids.append(int(frame["id"]))
            self.delays.append(time.time() - seconds_of(frame["at"]))
        self.resyncs += frame["type"] == "resync"
        if "id" in frame:
            self.cursor = frame["id"]
        if frame["type"] == "ready":
            self.is_live = True
            self.ready.set()


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def opened(port: int, products: list[int], count: int, at_once: int = 100) -> tuple[list[Client], list]:
    """`count` clients, spread over the products, once all are ready."""
    clients = [Client(port, products[number % len(products)]) for number in range(count)]
    tasks = []
    for begin in range(0, count, at_once):
        some = clients[begin : begin + at_once]
        tasks += [asyncio.ensure_future(client.run()) for client in some]
        await asyncio.gather(*(client.ready.wait() for client in some))
    return clients, tasks


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def verdict(clients: list[Client], first: int, last: int) -> tuple[int, int, int]:
    """(missed, doubled, out of order) over all clients, against the log itself."""
    missed = doubled = disordered = 0
    for product in {client.product for client in clients}:
        told = log.for_audiences(
            [product_audience(product)], streams=["inventory"], after=first, until=last, limit=1_000_000
        )
        expected = {event.position for event in told}
        for client in (one for one in clients if one.product == product):
            missed += len(expected - set(client.ids))
            doubled += len(client.ids) - len(set(client.ids))
            disordered += client.ids != sorted(client.ids)
    return missed, doubled, disordered
