"""PostgreSQL refuses to run as root: this finds an unprivileged user to run it, and switches to that user."""

import contextlib
import ctypes
import os
import pwd
from collections.abc import Callable
from pathlib import Path

from config.embedded.errors import NotStarted

PR_SET_SECUREBITS, NO_SETUID_FIXUP = 28, 1 << 2
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE = 0x20080522, 1


def owner_of(data: Path) -> tuple[int, int] | None:
    """The (user, group) that owns PostgreSQL's data, or is to own it; None if this process is not root."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        found = data.stat()
        return found.st_uid, found.st_gid
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return account.pw_uid, account.pw_gid
    raise NotStarted(
        "PostgreSQL does not run as root and there is no user `nobody`: run Souk as an ordinary user."
    )


def becoming(owner: tuple[int, int] | None, *paths: Path) -> Callable[[], None] | None:
    """A function for a child to call before exec: it becomes `owner` and can still reach `paths`, whatever is above."""
    if owner is None:
        return None
    in_reach = can_reach(*paths)

    def become() -> None:
        if in_reach:
            _be(*owner)
            return
        # If these capabilities are not available, the program itself reports that it has no access.
        with contextlib.suppress(OSError):
            _keep_reach_of_root()
        _be(*owner)
        with contextlib.suppress(OSError):
            _hand_on_reach()

    return become


def can_reach(*paths: Path) -> bool:
    """Whether every user may enter the folders above these paths."""
    return all(above.stat().st_mode & 0o001 for path in paths for above in path.parents)


def _be(user: int, group: int) -> None:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def _keep_reach_of_root() -> None:
    # Without this bit, access(2) and setuid(2) drop the capability.
    _call("prctl", PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0)


def _hand_on_reach() -> None:
    """Keeps one of root's capabilities across the coming exec: to enter folders that are closed to others."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    bit = 1 << CAP_DAC_OVERRIDE
    _call("capset", header, (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0))
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _call(function: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments):
        raise OSError(ctypes.get_errno(), f"{function} failed")
