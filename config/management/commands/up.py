"""`manage.py up`: everything that a marketplace needs, in one command."""

import contextlib
import errno
import json
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import CommandParser
from django.db import connection, connections

from config import embedded
from config.back_office.roles import make_roles
from config.embedded.processes import Processes, entries
from config.environment import text
from config.shared.commands import CommandError, OperatorCommand, Outcome, waiting_migrations

MIGRATION_LOCK = 7_685_107  # an arbitrary number of our own: simultaneous starts migrate one after the other
READY_PATIENCE = 60.0  # seconds
DEMO_ADMIN = "admin@souk.test"
REVIVAL = 3.0  # seconds between checks of the embedded services' keeper

WELCOME = """
Souk is ready. Ctrl-C stops it.

  HTTP        {http}   (/api/docs explains the API, /admin/ is for staff)
  Websockets  {ws}
{extras}
Try:
  curl {http}/api/v1/products
{try_it}"""
MAILS = "  Mails       {http}/dev/mail\n"
LOG_INS = """  Log-ins     admin@souk.test seller@souk.test seller2@souk.test customer@souk.test customer2@souk.test
              password souk-demo-pass
"""
DEMO_TRY = """  curl {http}/api/v1/auth/token -H 'Content-Type: application/json' \\
       -d '{{"email": "customer@souk.test", "password": "souk-demo-pass"}}'
"""
CART_TRY = """  curl -i {http}/api/v1/cart/items -H 'Content-Type: application/json' \\
       -d '{{"variant": "{variant}", "quantity": 1}}'
"""


class Command(OperatorCommand):
    help = (
        "Starts everything: the services that no setting names (PostgreSQL, Valkey, a stand-in for Stripe), "
        "migrations, a demo marketplace when the embedded database is empty, and the processes of the Procfile "
        "(HTTP on PORT, websockets on WS_PORT, the worker). Ctrl-C stops it all. With --json the line that says that it is "
        "ready is a JSON document; a dry run says what would be started, and looks whether the ports are free."
    )
    requires_system_checks: list[str] = []

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--single",
            action="store_true",
            help="HTTP, Server-Sent Events and websockets on PORT alone, for platforms that give only one port.",
        )
        parser.add_argument("--no-demo", action="store_true", help="Leave an empty database empty.")

    def perform(self, *, single: bool, no_demo: bool, dry_run: bool, **options: Any) -> Outcome:
        host = text("HOST", "127.0.0.1")
        ports = {"PORT": settings.PORT, "WS_PORT": settings.PORT if single else settings.WS_PORT}
        refuse_taken(host, ports, single=single)
        if dry_run:
            return {
                "would_start": commands(single=single),
                "host": host,
                "ports": ports,
                "migrations": waiting_migrations(),
            }
        try:
            self.prepare(with_demo=settings.EMBEDDED_POSTGRES and not no_demo)
        except KeyboardInterrupt:
            sys.exit(0)
        processes = Processes(commands(single=single), environment(host, ports), Path(settings.BASE_DIR))
        with_log_ins = settings.EMBEDDED_POSTGRES and has_demo()
        connections.close_all()
        threading.Thread(
            target=welcome, args=(processes, ports, with_log_ins, self.is_json), daemon=True
        ).start()
        threading.Thread(target=revive, args=(processes,), daemon=True).start()
        self.stdout.flush()
        sys.exit(processes.run())

    def tell(self, text: str) -> None:
        (self.stderr if self.is_json else self.stdout).write(text)

    def prepare(self, *, with_demo: bool) -> None:
        self.forget_counts()
        self.migrate()
        make_roles()
        if with_demo and "demo" in get_commands():
            call_command("demo", if_empty=True)
        if settings.STRIPE_STANDIN:
            embedded.stripe_webhooks_to(f"http://127.0.0.1:{settings.PORT}/api/v1/payments/webhooks/stripe")

    def forget_counts(self) -> None:
        """Removes the counts of processes that are gone; new ones start from zero."""
        for file in Path(settings.METRICS_DIR).glob("*.db"):
            file.unlink(missing_ok=True)

    def migrate(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            if count := waiting_migrations():
                self.tell(f"Applying {count} migrations.")
                call_command("migrate", interactive=False, verbosity=0)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def commands(*, single: bool) -> dict[str, str]:
    found = entries(Path(settings.BASE_DIR) / "Procfile")
    # The websocket process serves HTTP as well, so it can replace the web process.
    return {"web": found["ws"], "worker": found["worker"]} if single else found


def environment(host: str, ports: dict[str, int]) -> dict[str, str]:
    """The current settings, with this Python's programs first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    chosen = {name: str(port) for name, port in ports.items()}
    # Static files are served from the apps here, so the warning that they are not collected says nothing new.
    python = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore:No directory at:UserWarning"}
    return os.environ | chosen | {"HOST": host, "PATH": path} | python


def refuse_taken(host: str, ports: dict[str, int], *, single: bool) -> None:
    if ports["PORT"] == ports["WS_PORT"] and not single:
        raise CommandError(
            f"PORT and WS_PORT are both {ports['PORT']}: choose two, or serve all on one by `up --single`."
        )
    for name, port in ports.items():
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except (OSError, OverflowError) as problem:
            raise CommandError(refusal(host, name, port, problem)) from problem


def refusal(host: str, name: str, port: int, problem: OSError | OverflowError) -> str:
    another = f"choose another port, such as `make run {name}={port + 1000 if port < 60_000 else 9000}`."
    if isinstance(problem, OSError) and problem.errno == errno.EADDRINUSE:
        return f"{name} {port} is in use by another program: stop that, or {another}"
    return f"Souk cannot listen on {host}, {name} {port} ({problem}): set HOST, or {another}"


def has_demo() -> bool:
    return get_user_model().objects.filter(email=DEMO_ADMIN).exists()


def welcome(processes: Processes, ports: dict[str, int], with_log_ins: bool, as_json: bool) -> None:
    """Prints where everything is, once it answers."""
    for port in set(ports.values()):
        if not wait_for(processes, port):
            return
    http = f"http://localhost:{ports['PORT']}"
    if as_json:
        told = {"ready": True, "http": http, "websockets": f"ws://localhost:{ports['WS_PORT']}"}
        processes.write(f"{json.dumps(told)}\n".encode())
        return
    variant = first_variant(ports["PORT"])
    extras = [MAILS] * settings.DEV_MAIL + [LOG_INS] * with_log_ins
    tries = [DEMO_TRY] * with_log_ins + [CART_TRY] * bool(variant)
    text_of = {
        "extras": "".join(extras).format(http=http),
        "try_it": "".join(tries).format(http=http, variant=variant),
    }
    processes.write(WELCOME.format(http=http, ws=f"ws://localhost:{ports['WS_PORT']}", **text_of).encode())


def first_variant(port: int) -> str:
    """The id of a variant that can be put into a cart; empty if the shop is empty."""
    try:
        listed = json.loads(fetch(port, "/api/v1/products?limit=1"))
        product = json.loads(fetch(port, f"/api/v1/products/{listed['results'][0]['id']}"))
        return str(product["variants"][0]["id"])
    except (OSError, ValueError, LookupError):
        return ""


def wait_for(processes: Processes, port: int) -> bool:
    deadline = time.monotonic() + READY_PATIENCE
    while not answers(port):
        if time.monotonic() > deadline or processes.told_to_stop.wait(0.1):
            return False
    return True


def answers(port: int) -> bool:
    """Whether the program behind the port speaks HTTP, not only whether the port is open."""
    try:
        fetch(port, "/healthz")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def fetch(port: int, path: str) -> bytes:
    host = text("HOST", "127.0.0.1")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  # nosec B104
    loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with loopback.open(f"http://{host}:{port}{path}", timeout=5) as answer:
        return bytes(answer.read())


def revive(processes: Processes) -> None:
    """Starts a new keeper for the embedded services when the old one was killed, which they survive."""
    while not processes.told_to_stop.wait(REVIVAL):
        with contextlib.suppress(embedded.NotStarted):
            embedded.revive()
