"""Runs the processes of the Procfile together: output lines begin with the process's name; when one ends, all end.

A runner that waits for the end of a process's output would not notice that granian's main process was killed, because
its workers keep the output and the port. So this one watches the process itself, and stops its whole group.
"""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PATIENCE = (
    14.0  # seconds from SIGTERM to SIGKILL: longer than the servers take to finish begun work (Procfile)
)
LOOK = 0.1  # seconds between checks
CHUNK = 4096  # bytes: a pipe that accepts anything accepts this much at once
READER_PATIENCE = 0.5  # seconds that the reader of our output may take before lines are dropped
ENTRY = re.compile(r"^(\w+):\s*(.+)$", re.MULTILINE)
# Outlives a killed runner by seconds to stop its processes: reads the groups' numbers until the runner is gone.
GUARD = """
trap '' INT TERM HUP
while read -r word; do [ "$word" = done ] && exit; groups="$groups -$word"; done
kill -s TERM -- $groups; sleep 5; kill -s KILL -- $groups
"""


def entries(procfile: Path) -> dict[str, str]:
    return dict(ENTRY.findall(procfile.read_text()))


class Processes:
    """Each process leads a group of its own, which the terminal's Ctrl-C does not reach: only this runner stops it."""

    def __init__(self, commands: dict[str, str], environment: dict[str, str], folder: Path) -> None:
        self.commands, self.environment, self.folder = commands, environment, folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.told_to_stop = threading.Event()
        self.writing = threading.Lock()
        self.patience = READER_PATIENCE

    def run(self) -> int:
        """Runs until a stop; returns the exit status: 0 after a signal, 1 after one of the processes ended."""
        with self.signals(), self.guard() as guard:
            for name, command in self.commands.items():
                self.start(name, command, guard)
            ended = self.wait()
            self.stop()
        for name, status in ended.items():
            print(f"{name} ended ({means(status)}), so everything was stopped.", file=sys.stderr)
        return 1 if ended else 0

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, lambda *_: self.told_to_stop.set()) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def guard(self) -> Iterator[IO[bytes]]:
        guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert guard.stdin is not None  # noqa: S101  (for the type checker)
        yield guard.stdin
        tell(guard.stdin, "done")
        guard.wait()

    def start(self, name: str, command: str, guard: IO[bytes]) -> None:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self.folder,
            start_new_session=True,
        )
        tell(guard, str(process.pid))
        self.running[name] = process
        threading.Thread(target=self.relay, args=(name, process.stdout), daemon=True).start()

    def relay(self, name: str, output: IO[bytes]) -> None:
        prefix = f"{name:<{max(map(len, self.commands))}} | ".encode()
        for line in output:
            self.write(prefix + line)

    def write(self, data: bytes) -> None:
        """Drops output that nobody reads: a full pipe must not block the shop."""
        with self.writing, contextlib.suppress(OSError, ValueError):
            for start in range(0, len(data), CHUNK):
                ready = select.select([], [1], [], self.patience)[1]
                self.patience = READER_PATIENCE if ready else 0.0
                if ready:
                    os.write(1, data[start : start + CHUNK])

    def wait(self) -> dict[str, int]:
        """Waits for a signal or the end of a process; returns the ended processes with their status."""
        while not self.told_to_stop.wait(LOOK):
            statuses = {name: process.poll() for name, process in self.running.items()}
            ended = {name: status for name, status in statuses.items() if status is not None}
            if ended:
                return ended
        return {}

    def stop(self) -> None:
        """Sends SIGTERM to the leaders, which stop their own children; after PATIENCE, kills what is left."""
        self.send(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self.send(0) and time.monotonic() < deadline:
            time.sleep(LOOK)
        self.send(signal.SIGKILL)

    def send(self, number: int) -> bool:
        """Sends a signal; returns whether any process is left. A leader that is gone may have left its group behind."""
        left = False
        for process in self.running.values():
            has_leader = process.poll() is None
            deliver = os.kill if has_leader and number == signal.SIGTERM else os.killpg
            with contextlib.suppress(ProcessLookupError, PermissionError):
                deliver(process.pid, number)
                left = True
        return left


def tell(guard: IO[bytes], word: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        guard.write(f"{word}\n".encode())
        guard.flush()


def means(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
