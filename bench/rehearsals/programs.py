"""PostgreSQL's own programs against the embedded server, and `manage.py` against one of its databases."""

import os
import subprocess
import sys
import time
from pathlib import Path

from config import embedded
from config.embedded import postgres
from config.tests.live import PROJECT

PATIENCE = 300


def run(program: str, *arguments: object) -> str:
    """Raises CalledProcessError, with what it said on standard error above."""
    where = ["-h", str(embedded.run_dir()), "-U", postgres.SUPERUSER]
    done = subprocess.run(
        [str(postgres.binary(program)), *where, *map(str, arguments)], check=False, capture_output=True, text=True,
        env=postgres.environment(), timeout=PATIENCE,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{program}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def query(database: str, sql: str) -> str:
    return run("psql", "-d", database, "-At", "-c", sql).strip()


def manage(database: str, *arguments: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments], cwd=folder, check=False, capture_output=True, text=True,
        env=os.environ | {"DB_NAME": database}, timeout=PATIENCE,
    )  # fmt: skip


def schema_of(database: str) -> str:
    """Without what differs from one dump to the next."""
    text = run("pg_dump", "--schema-only", "--no-owner", "-d", database)
    return "\n".join(
        line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))
    )


class Watch:
    def __init__(self) -> None:
        self.begun = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self.begun:.1f} s"
