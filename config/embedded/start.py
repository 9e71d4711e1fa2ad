"""What a process calls when it needs the services."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection

from config.embedded import locks, places, postgres, stripe, valkey
from config.embedded.errors import NotStarted
from config.environment import TRUE, text

STOPPING_PATIENCE = 90.0  # seconds that the services of earlier users may take to stop
STARTING_PATIENCE = 120.0  # seconds; the first start creates the database
KEEPERS = 5  # keepers that may be started, and killed, while one process waits

_held: dict[int, set[str]] = {}  # by process id, since a lock taken before a fork is the parent's


def needed() -> set[str]:
    """The services for which no setting gives an address."""
    names = set()
    if not text("DB_HOST"):
        names.add("postgres")
    if not text("REDIS_URL"):
        names.add("valkey")
    production = text("DB_HOST") and text("DEBUG").lower() not in TRUE
    if not text("STRIPE_SECRET_KEY") and not production and stripe.is_there():
        names.add("stripe")
    return names


def ensure(*, without: Collection[str] = ()) -> None:
    """Starts the needed services that are not running yet, and waits until they answer. They then run at least as long
    as this process. Calling it again costs nothing."""
    names = needed() - set(without)
    if not names - _held.get(os.getpid(), set()):
        return
    installed(names)
    since = time.time()
    if os.getpid() not in _held:
        share()
    for name in names:
        (places.folder("wanted") / name).touch()
    try:
        wait(names, since)
    except KeyboardInterrupt:
        raise NotStarted(130) from None  # a shell's status for a process ended by Ctrl-C
    _held[os.getpid()] = _held.get(os.getpid(), set()) | names


def revive() -> None:
    """Starts a new keeper if the old one was killed; for long-running processes."""
    if needed() and os.getpid() in _held:
        summon()


def installed(names: Collection[str]) -> None:
    if "postgres" in names:
        postgres.binary("postgres")
    if "valkey" in names:
        valkey.binary()


def share() -> None:
    """Holds the users' lock for the rest of this process's life."""
    if locks.share(locks.users_path(places.folder()), STOPPING_PATIENCE) is None:
        raise NotStarted(
            f"The services of {places.data_dir()} have been stopping for {STOPPING_PATIENCE:.0f} s: try again."
        )


def wait(names: Collection[str], since: float) -> None:
    deadline = time.monotonic() + STARTING_PATIENCE
    keepers = int(summon())
    while not all(ANSWERS[name]() for name in sorted(names)):
        keepers += summon()
        complain(names, since)
        if time.monotonic() > deadline or keepers > KEEPERS:
            raise NotStarted(f"{' and '.join(sorted(names))} did not start: see {places.folder('logs')}.")
        time.sleep(locks.POLL)


def complain(names: Collection[str], since: float) -> None:
    """Ends the wait with the keeper's message if it has failed to start a service after the time `since`."""
    for path in map(places.problem, names):
        try:
            if path.stat().st_mtime >= since:
                raise NotStarted(path.read_text())
        except FileNotFoundError:
            continue


def summon() -> bool:
    """Starts a keeper if there is none, and returns whether it did. The keeper inherits the lock as an open file, so
    there is never a second."""
    descriptor = locks.take(locks.keeper_path(places.folder()))
    if descriptor is None:
        return False
    try:
        with open(places.folder("logs") / "keeper.log", "ab") as log:
            subprocess.run(
                [sys.executable, "-m", "config.embedded.keeper", str(descriptor)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=places.PROJECT,
                env=os.environ | {"SOUK_DATA_DIR": str(places.data_dir())},
                pass_fds=[descriptor],
                start_new_session=True,
                check=True,
            )
    except (OSError, subprocess.CalledProcessError) as problem:
        raise NotStarted(
            f"The embedded services cannot be started ({problem}): see {places.log('keeper')}."
        ) from problem
    finally:
        os.close(descriptor)
    return True


def postgres_answers() -> bool:
    return postgres.answers(
        text("DB_NAME", "souk"), text("DB_USER", "postgres"), text("DB_PORT", postgres.PORT)
    )


ANSWERS: dict[str, Callable[[], bool]] = {
    "postgres": postgres_answers,
    "stripe": stripe.answers,
    "valkey": valkey.answers,
}
