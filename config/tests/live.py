"""A whole Souk in processes of its own (`manage.py up`), and clients that talk to it as users' programs do."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from websockets.sync.client import ClientConnection, connect

from config import embedded
from config.embedded.postgres import PORT, SUPERUSER, binary
from payments.standin.testing import RunningStandIn

PROJECT = Path(__file__).resolve().parents[2]
START = 300  # seconds that a first start may take on a slow machine
WAIT = 20.0  # seconds for what happens in the background


# Holds the services of its folder until it is told something.
SERVING = "from config import embedded; embedded.ensure(without={'stripe'}); print(embedded.run_dir(), flush=True); input()"


def postgres(program: str, where: Any, database: str) -> list[Any]:
    return [binary(program), "-h", where, "-p", PORT, "-U", SUPERUSER, "-d", database]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any


@dataclass
class Client:
    """HTTP as one caller: a guest, or whoever's token it carries."""

    base: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json", **self.headers, **named}
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.headers, decoded(response))
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, refusal.headers, decoded(refusal))

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status == 200, answer.body
        return answer.body

    def post(self, path: str, body: Any = None, *, expect: int = 200, **headers: str) -> Any:
        answer = self.send("POST", path, {} if body is None else body, **headers)
        assert answer.status == expect, answer.body
        return answer.body

    def once(self, path: str, body: Any, *, expect: int = 201) -> Any:
        """A POST with a fresh Idempotency-Key."""
        return self.post(path, body, expect=expect, idempotency_key=uuid4().hex)

    def upload(self, path: str, name: str, content: bytes, *, expect: int = 202) -> Any:
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self.post(path, body, expect=expect, content_type=f"multipart/form-data; boundary={mark}")

    def log_in(self, email: str, password: str) -> "Client":
        token = self.post("/auth/token", {"email": email, "password": password})["access"]
        return Client(self.base, {"Authorization": f"Bearer {token}"})


def decoded(response: Any) -> Any:
    raw = response.read()
    return json.loads(raw) if "json" in response.headers.get("Content-Type", "") else raw


def eventually(look: Callable[[], Any], what: str) -> Any:
    """What `look` returns once it is true: for jobs and webhooks, whose end no answer tells."""
    deadline = time.monotonic() + WAIT
    while not (found := look()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.1)
    return found


class Souk:
    """A running marketplace with a folder, ports and services of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.ws_port = free_port(), free_port()
        own = {"SOUK_DATA_DIR": str(folder), "PORT": str(self.port), "WS_PORT": str(self.ws_port)}
        test_only = {
            "REDIS_DB",
            "CHANNEL_PREFIX",
            "DB_NAME",
            "DJANGO_SETTINGS_MODULE",
            "DB_POOL",
            "DB_CONN_MAX_AGE",
        }
        self.environment = {name: value for name, value in os.environ.items() if name not in test_only} | own
        self.environment |= {"SOUK_ENV_FILE": os.devnull, "THROTTLE_SCALE": "0"}
        self.log = folder.with_suffix(".log")

    @property
    def guest(self) -> Client:
        return Client(f"http://127.0.0.1:{self.port}/api/v1")

    def start(self, *arguments: str) -> None:
        with self.log.open("wb") as log:
            command = [sys.executable, "manage.py", "up", *arguments]
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START
        while "Souk is ready" not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def fill(self, database: str) -> None:
        """Before the first start: its database as a copy of a migrated one, for migrating takes half a minute."""
        if not settings.EMBEDDED_POSTGRES:
            return
        dump = postgres("pg_dump", embedded.run_dir(), database)
        copy = subprocess.run(dump, capture_output=True, check=True).stdout
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = [sys.executable, "-c", SERVING]
        with subprocess.Popen(command, cwd=PROJECT, env=self.environment, **pipes) as serving:
            where = serving.stdout.readline().decode().strip()
            subprocess.run([*postgres("psql", where, "souk"), "-q1f", "-"], input=copy, check=True)
            serving.communicate(b"that is all")

    def is_whole(self) -> bool:
        """Whether the services behind it answer, too: a page may be served without one of them."""
        return Client(f"http://127.0.0.1:{self.port}").send("GET", "/readyz").status == 200

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)

    def manage(self, *arguments: str, **settings: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        environment = self.environment | settings
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def standin(self) -> RunningStandIn:
        told = self.manage(
            "shell", "--no-imports", "-c", "from config import embedded; print(embedded.stripe_url())"
        )
        return RunningStandIn(self.process, told.strip())

    def processes(self, pattern: str) -> list[int]:
        """Ids of this Souk's processes whose command line matches."""
        mine = f"SOUK_DATA_DIR={self.environment['SOUK_DATA_DIR']}\0".encode()
        here = self.manage(
            "shell", "--no-imports", "-c", "from config import embedded; print(embedded.run_dir())"
        ).strip()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            except OSError:
                continue
            # Valkey writes its title over its environment, so its socket tells whose it is.
            is_mine = mine in environment or here.encode() in command
            if is_mine and re.search(pattern, command.replace(b"\0", b" ").decode(errors="replace")):
                found.append(int(folder.name))
        return found

    @contextmanager
    def socket(self, path: str, client: Client) -> Iterator["Frames"]:
        address = f"ws://127.0.0.1:{self.ws_port}/ws/v1/{path}"
        with connect(address, additional_headers=client.headers) as connection:
            yield Frames(connection)


class Frames:
    """The frames of a websocket, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def next(self) -> dict[str, Any]:
        return json.loads(self.connection.recv(timeout=WAIT))

    def until(self, kind: str, **data: Any) -> list[dict[str, Any]]:
        """All frames up to the first of `kind` whose data has these members."""
        seen = [self.next()]
        while seen[-1]["type"] != kind or any(
            seen[-1]["data"].get(name) != value for name, value in data.items()
        ):
            seen.append(self.next())
        return seen
