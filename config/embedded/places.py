"""Where the embedded services keep their data and sockets. Asking for a path creates nothing."""

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from config.embedded.errors import NotStarted
from config.environment import text

PROJECT = Path(__file__).resolve().parents[2]
# A unix socket's path holds 103 bytes on macOS, 107 on Linux; libpq and PostgreSQL read a comma as a list separator.
LONGEST_SOCKET_PATH = 100
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+")


def data_dir() -> Path:
    """`.souk` in the project, unless `SOUK_DATA_DIR` moves it."""
    return (PROJECT / Path(text("SOUK_DATA_DIR", ".souk")).expanduser()).resolve()


def run_dir() -> Path:
    """The folder of the sockets: in the data folder, or a short one if that path does not suit a socket."""
    beside_data = data_dir() / "run"
    longest = os.fsencode(beside_data / ".s.PGSQL.65535")
    if len(longest) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(beside_data)):
        return beside_data
    # /tmp is preferred to $TMPDIR, which differs between the shells that share the services.
    short = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108  # nosec B108
    return short / f"souk-{os.geteuid()}-{hashlib.sha256(os.fsencode(data_dir())).hexdigest()[:12]}"


def folder(*parts: str) -> Path:
    """A folder inside the data folder, created if missing."""
    try:
        data_dir().mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        path = data_dir().joinpath(*parts)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise NotStarted(f"Souk cannot write to {data_dir()} ({problem.strerror}): {REMEDY}") from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise NotStarted(f"Souk may not write to {path}, which another user made: {REMEDY}")
    return path


REMEDY = (
    "run as the user whom it belongs to, remove it (it holds development data only), or set SOUK_DATA_DIR."
)


def make_run_dir() -> Path:
    """Creates the folder of the sockets; inside the temp folder, refuses one planted by another user."""
    path = run_dir()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or (os.geteuid() and found.st_uid != os.geteuid()):
        raise NotStarted(f"{path} belongs to another user: remove it, or set SOUK_DATA_DIR to a short path.")
    return path


def log(name: str) -> Path:
    return data_dir() / "logs" / f"{name}.log"


def lock(name: str) -> Path:
    """Locked by the service's processes for as long as any of them lives; contains the process id of the first."""
    return folder("locks") / name


def wanted(name: str) -> Path:
    """Exists while some process needs this service."""
    return data_dir() / "wanted" / name


def problem(name: str) -> Path:
    """One sentence on why this service cannot be started, and the end of its log."""
    return data_dir() / "problems" / name
