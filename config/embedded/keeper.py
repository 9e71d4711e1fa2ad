"""The process that owns the embedded services: `python -m config.embedded.keeper FD`, started by `ensure()`.

FD is the open file with the keeper's lock. The keeper is detached from the process that started it, and ends when no
process uses the services any more.
"""

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from config.embedded import locks, places
from config.embedded.postgres import Postgres
from config.embedded.service import Service
from config.embedded.stripe import Stripe
from config.embedded.valkey import Valkey

TICK = 0.1  # seconds between checks
LINGER = 1.0  # seconds without a user before the services stop, so that successive commands share them


class Keeper:
    def __init__(self) -> None:
        # PostgreSQL last: the others need not wait while its data directory is created.
        self.services: list[Service] = [Valkey(), Stripe(), Postgres()]
        self.users = locks.opened(locks.users_path(places.data_dir()))
        self.told_to_stop = threading.Event()
        self.alone_since: float | None = None

    def keep(self) -> None:
        """Runs the services until no process uses them. Stops them under the users' lock, so that a process that
        arrives meanwhile waits and then starts them anew."""
        while not self.told_to_stop.is_set() and not self.is_done():
            for service in self.services:
                if places.wanted(service.name).exists():
                    service.tend()
            self.told_to_stop.wait(TICK)
        self.stop_all()

    def is_done(self) -> bool:
        if not self.data_is_there():
            return True
        if not locks.try_exclusive(self.users):
            self.alone_since = None
            return False
        self.alone_since = self.alone_since or time.monotonic()
        if time.monotonic() - self.alone_since > LINGER:
            return True
        locks.release(self.users)
        return False

    def data_is_there(self) -> bool:
        """False if the data folder was removed under the running services."""
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self.users), locks.users_path(places.data_dir()).stat())
        return False

    def stop_all(self) -> None:
        if not self.data_is_there():
            self.kill_all()
            return
        for service in self.services:
            service.signal(service.stop_signals[0])
        for service in self.services:
            service.stop()
        for service in self.services:
            places.wanted(service.name).unlink(missing_ok=True)
            places.problem(service.name).unlink(missing_ok=True)
        shutil.rmtree(places.run_dir(), ignore_errors=True)  # it may be inside the temp folder

    def kill_all(self) -> None:
        for service in self.services:
            if service.process is not None:
                service.process.kill()


def main() -> None:
    if os.fork():  # the starter waits only for this process
        os._exit(0)
    keeper = Keeper()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: keeper.told_to_stop.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.set_inheritable(int(sys.argv[1]), False)
    Path(places.data_dir(), "keeper.pid").write_text(str(os.getpid()))
    keeper.keep()


if __name__ == "__main__":
    main()
