"""A streaming replica of the embedded PostgreSQL: exports, statements and the dashboard are read from it."""

import os
import subprocess
from pathlib import Path

from bench.soak.cluster import Node
from config import embedded
from config.embedded import postgres, servant

PORT = "5433"  # only a part of the socket's name, as with the primary


def made(folder: Path) -> Node:
    """A copy of the primary as it is now, which will follow it; not started yet."""
    data, run = folder / "replica", embedded.run_dir()
    data.mkdir(mode=0o700)
    owner = servant.owner_of(data.parent.parent / "data" / "postgres")
    if owner is not None:
        os.chown(data, *owner)
    become = servant.becoming(owner, data, run, postgres.binary("postgres"))
    subprocess.run(
        [str(postgres.binary("pg_basebackup")), "-h", str(run), "-U", postgres.SUPERUSER, "-D", str(data), "-R", "-X", "stream"],
        check=True,
        preexec_fn=become,
        env=postgres.environment(),
    )  # fmt: skip
    settings = " ".join(f"-c {name}='{value}'" for name, value in postgres.SETTINGS.items())
    command = f"exec {postgres.binary('postgres')} -D {data} -k {run} -p {PORT} {settings}"
    return Node("replica", command, postgres.environment(), folder / "replica.log", become=become)


def settings() -> dict[str, str]:
    return {"DB_REPLICA_HOST": str(embedded.run_dir()), "DB_REPLICA_PORT": PORT}
