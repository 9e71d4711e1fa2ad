"""A program that the keeper starts, watches, restarts and stops."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable

from config.embedded import locks, places
from config.embedded.errors import NotStarted

LOG_LIMIT = 4 * 1024 * 1024  # bytes, after which the log is renamed to `.1`
TAIL_LINES = 8
QUICK_FAILURES = 3  # this many failed starts in a row are reported as a problem
STEADY = 5.0  # seconds of life after which a death does not count as a failed start
LONGEST_PAUSE = 5.0  # seconds between attempts


class Service:
    """The running program inherits a lock on a file that names its process. The lock is free exactly when none of its
    processes runs any more, so a new keeper can take over what a killed one left."""

    name: str
    stop_signals: tuple[int, ...] = (signal.SIGTERM, signal.SIGKILL)
    patience: float = 5.0  # seconds allowed to each signal

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = self.next_attempt = 0.0
        self.failures = 0
        self.log_start = 0

    def prepare(self) -> None:
        """Creates what must exist before the start."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def before_exec(self) -> Callable[[], None] | None:
        return None

    def advice(self) -> str:
        """What a person can do if it does not start."""
        return ""

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def runs(self) -> bool:
        if self.process is not None and self.process.poll() is None:
            return True
        return locks.is_held(places.lock(self.name))

    def tend(self) -> None:
        """Starts it if it does not run."""
        now = time.monotonic()
        if self.runs():
            if self.failures and now - self.started_at > STEADY:
                self.failures = 0
                places.problem(self.name).unlink(missing_ok=True)
            self._bound_log()
            return
        if self.process is not None:
            self._note_death(now)
        if now >= self.next_attempt:
            self._start()

    def _start(self) -> None:
        descriptor = locks.take(places.lock(self.name))
        if descriptor is None:
            return
        try:
            self._spawn(descriptor)
        except (NotStarted, OSError, subprocess.SubprocessError) as problem:
            self._tell(str(problem))
            self.next_attempt = time.monotonic() + LONGEST_PAUSE
        finally:
            os.close(descriptor)

    def _spawn(self, descriptor: int) -> None:
        self.prepare()
        with open(places.log(self.name), "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[descriptor],
                env=self.environment(),
                cwd=places.PROJECT,
                preexec_fn=self.before_exec(),  # noqa: PLW1509  (the keeper has no threads)
            )
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(self.process.pid).encode(), 0)
        self.started_at = time.monotonic()

    def _note_death(self, now: float) -> None:
        """A program that was killed is restarted at once; one that fails to start is delayed, and then reported."""
        status = self.process.returncode if self.process else None
        self.process = None
        accident = status == -signal.SIGKILL or now - self.started_at > STEADY
        self.failures = 0 if accident else self.failures + 1
        self.next_attempt = now + min(0.1 * 2**self.failures, LONGEST_PAUSE)
        if self.failures >= QUICK_FAILURES:
            self._tell(
                f"{self.name} does not start (status {status}). {places.log(self.name)} ends:\n{self.tail()}"
            )

    def _tell(self, sentence: str) -> None:
        path = places.folder("problems") / self.name
        path.write_text(f"{sentence}\n{self.advice()}".strip())

    def tail(self) -> str:
        """The last lines logged by this start."""
        with open(places.log(self.name), "rb") as log:
            log.seek(self.log_start)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-TAIL_LINES:])

    def _bound_log(self) -> None:
        path = places.log(self.name)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > LOG_LIMIT:
                path.with_suffix(".log.1").write_bytes(path.read_bytes())
                os.truncate(path, 0)  # writers append, so they continue at the new beginning

    def signal(self, number: int) -> None:
        """Signals the program, even if an earlier keeper started it."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(places.lock(self.name).read_text()), number)

    def stop(self) -> None:
        """Waits until it has stopped; `signal(stop_signals[0])` may have been sent before."""
        for number in self.stop_signals:
            self.signal(number)
            deadline = time.monotonic() + self.patience
            while self.runs():
                if time.monotonic() > deadline:
                    break
                time.sleep(locks.POLL)
            else:
                return
