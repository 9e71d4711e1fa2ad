"""Advisory file locks. The kernel drops them with the last process that holds the open file, even after kill -9."""

import fcntl
import os
import time
from pathlib import Path

POLL = 0.03  # seconds


def users_path(data: Path) -> Path:
    """Shared by every process that uses the services; the keeper stops them once it has this lock exclusively."""
    return data / "users.lock"


def keeper_path(data: Path) -> Path:
    """Locked for as long as a keeper lives."""
    return data / "keeper.lock"


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def take(path: Path) -> int | None:
    """The open file with the exclusive lock, or None if another process holds it. Child processes inherit the lock."""
    descriptor = opened(path)
    if try_exclusive(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def is_held(path: Path) -> bool:
    descriptor = take(path)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def try_exclusive(descriptor: int) -> bool:
    return _try(descriptor, fcntl.LOCK_EX)


def release(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def share(path: Path, patience: float) -> int | None:
    """The open file with the shared lock; None if an exclusive holder keeps it for `patience` seconds."""
    descriptor = opened(path)
    deadline = time.monotonic() + patience
    while not _try(descriptor, fcntl.LOCK_SH):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(POLL)
    return descriptor


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
