"""Runs the processes of the Procfile together: what one writes gets its name in front; when one ends, all end.

A runner that waits for a process's output to end would not see that granian's main process was killed, for its
workers keep the output and the port. Here the process itself is watched, and its whole group is stopped.
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
    14.0  # seconds from SIGTERM to SIGKILL: more than the servers take for what they have begun (Procfile)
)
LOOK = 0.1  # seconds between looks
CHUNK = 4096  # bytes: as much as a pipe takes at once when it takes anything
READER_PATIENCE = 0.5  # seconds that a reader of our output may take before lines are dropped
ENTRY = re.compile(r"^(\w+):\s*(.+)$", re.MULTILINE)
# Outlives a killed runner by seconds, to stop what it left: reads the groups' numbers until the runner is gone.
GUARD = """
trap '' INT TERM HUP
while read -r word; do [ "$word" = done ] && exit; groups="$groups -$word"; done
kill -s TERM -- $groups; sleep 5; kill -s KILL -- $groups
"""


def entries(procfile: Path) -> dict[str, str]:
    return dict(ENTRY.findall(procfile.read_text()))


class Processes:
    """Each is the leader of a group of its own, which Ctrl-C in the terminal does not reach: only this one stops it."""

    def __init__(self, commands: dict[str, str], environment: dict[str, str], folder: Path) -> None:
        self.commands, self.environment, self.folder = commands, environment, folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.told_to_stop = threading.Event()
        self.writing = threading.Lock()
        self.patience = READER_PATIENCE

    def run(self) -> int:
        """The exit status: 0 when a signal has ended it, 1 when one of the processes has."""
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
        """Drops what nobody reads: a full pipe must not make the shop wait."""
        with self.writing, contextlib.suppress(OSError, ValueError):
            for start in range(0, len(data), CHUNK):
                ready = select.select([], [1], [], self.patience)[1]
                self.patience = READER_PATIENCE if ready else 0.0
                if ready:
                    os.write(1, data[start : start + CHUNK])

    def wait(self) -> dict[str, int]:
        """Until a signal, or until one of them has ended; those that have, with their status."""
        while not self.told_to_stop.wait(LOOK):
            statuses = {name: process.poll() for name, process in self.running.items()}
            ended = {name: status for name, status in statuses.items() if status is not None}
            if ended:
                return ended
        return {}

    def stop(self) -> None:
        """Asks the leaders, who stop their own children; what is left after that has no say."""
        self.send(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self.send(0) and time.monotonic() < deadline:
            time.sleep(LOOK)
        self.send(signal.SIGKILL)

    def send(self, number: int) -> bool:
        """Whether any process is left. A leader that is gone may have left its group behind."""
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
