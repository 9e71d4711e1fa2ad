"""Souk as it runs in production, on one machine: several nodes of each process, which are started again when they die."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config import embedded
from config.embedded.processes import entries
from config.tests.live import PROJECT, free_port

RESPAWN = 0.5  # seconds until a dead process is started again, as a supervisor does
LOOK = 0.2
DRAINED = 15.0  # seconds that a process may take to end (docs/operating.md)


@dataclass
class Node:
    """One line of the Procfile on a port of its own."""

    name: str
    command: str
    environment: dict[str, str]
    log: Path
    url: str = ""
    become: Callable[[], None] | None = None  # what PostgreSQL needs, which does not run as root
    home: Path = PROJECT  # the code that it runs
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", self.command],
                cwd=self.home,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self.become,  # noqa: PLW1509 (as the services' keeper does it)
            )

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self, *, whole: bool = True) -> None:
        """As `kill -9`: of all of its processes, as when a machine is lost, or of the first alone."""
        if self.process is not None:
            (os.killpg if whole else os.kill)(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def end(self) -> bool:
        """SIGTERM to its first process, as at each new version; whether it ended within DRAINED."""
        if self.process is None:
            return True
        self.process.terminate()
        try:
            self.process.wait(DRAINED)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def stop(self) -> None:
        """As a supervisor stops it; what it left behind goes, too."""
        if self.process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(DRAINED)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def answers(self) -> bool:
        if self.is_dead:
            return False
        if not self.url:
            return True
        try:
            with urllib.request.urlopen(self.url, timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False


@dataclass
class Cluster:
    """`web`, `ws` and `worker` say how many of each."""

    folder: Path
    web: int = 2
    ws: int = 2
    worker: int = 2
    web_workers: str = "1"  # processes of a web node
    home: Path = PROJECT
    settings: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)  # those that are given run, too
    restarts: int = 0
    away: set[str] = field(default_factory=set)  # nodes that stay dead until they are taken out of it
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.keeper = threading.Thread(target=self.keep, daemon=True)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        commands = entries(self.home / "Procfile")
        for kind in ("web", "ws", "worker"):
            for number in range(1, getattr(self, kind) + 1):
                self.add(f"{kind}-{number}", kind, commands[kind])
        for node in self.nodes.values():
            node.start()
        self.keeper.start()
        self.wait_until_whole(120)

    def add(self, name: str, kind: str, command: str) -> None:
        port = str(free_port())
        variable = {"web": "PORT", "ws": "WS_PORT"}.get(kind)
        own = {"PROMETHEUS_MULTIPROC_DIR": str(self.folder / f"metrics-{name}")}
        own |= {variable: port} if variable else {}
        Path(own["PROMETHEUS_MULTIPROC_DIR"]).mkdir(exist_ok=True)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        url = f"http://127.0.0.1:{port}/{'readyz' if kind == 'web' else 'healthz'}" if variable else ""
        environment = os.environ | {"WEB_WORKERS": self.web_workers} | self.settings | own | {"PATH": path}
        self.nodes[name] = Node(name, command, environment, self.folder / f"{name}.log", url, home=self.home)

    def keep(self) -> None:
        """The supervisor: dead processes are started again, and so are the services' keeper and what it keeps."""
        last = 0.0
        while not self.stopping.wait(LOOK):
            for name, node in self.nodes.items():
                if name not in self.away and node.is_dead and not self.stopping.wait(RESPAWN):
                    self.restarts += 1
                    node.start()
            if time.monotonic() - last > 2 and not self.away:
                last = time.monotonic()
                embedded.revive()

    def wait_until_whole(self, patience: float) -> float:
        """Seconds until every node answers, its database and cache behind it included."""
        begun = time.monotonic()
        while not all(node.answers() for node in self.nodes.values()):
            if time.monotonic() - begun > patience:
                silent = [node.name for node in self.nodes.values() if not node.answers()]
                raise SystemExit(
                    f"{', '.join(silent)} did not answer for {patience:.0f} s: see {self.folder}."
                )
            time.sleep(LOOK)
        return time.monotonic() - begun

    def addresses(self, kind: str) -> list[str]:
        return [
            node.url.rpartition("/")[0] for name, node in self.nodes.items() if name.startswith(f"{kind}-")
        ]

    def stop(self) -> None:
        """Also when it was ended while it started."""
        self.stopping.set()
        if self.keeper.ident:
            self.keeper.join()
        for node in self.nodes.values():
            node.stop()
