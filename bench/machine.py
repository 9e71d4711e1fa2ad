"""Processes, their CPU time, and load on them: what every benchmark here is made of."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
PICK = """
local paths = {{}}
for line in io.lines("{file}") do paths[#paths + 1] = line end
math.randomseed({seed})
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
done = function(summary, latency)
  io.write(string.format('{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}}\\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.errors.status + summary.errors.timeout))
end
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], *, url: str, log: str, **environment: str) -> Iterator[int]:
    """The process id of a server that answers at `url`."""
    with begun(command, log=log, **environment) as process:
        wait_for(url, process)
        yield process.pid


@contextlib.contextmanager
def begun(command: list[str], *, log: str, **environment: str) -> Iterator[subprocess.Popen]:
    """A process that may not be ready yet; its whole group is stopped afterwards."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def wait_for(url: str, process: Any, patience: float = 90) -> None:
    deadline = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).read()
            return
        time.sleep(0.2)
    raise SystemExit(f"{url} never answered; see the log.")


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents.setdefault(int(stat_of(int(folder.name))[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def stat_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_ms(roots: list[int]) -> float:
    """CPU time of processes and all below them, those that ended and were waited for included."""
    total = 0
    for root in roots:
        for pid in descendants(root):
            with contextlib.suppress(OSError):
                total += sum(int(value) for value in stat_of(pid)[11:15])
    return total * 1000 / TICK


def memory_mb(root: int) -> float:
    """Of the process and all below it; what they share counts once."""
    total = 0
    for pid in descendants(root):
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
    return round(total / 1024, 1)


def services() -> dict[str, int]:
    """The embedded PostgreSQL and Valkey of SOUK_DATA_DIR."""
    sys.path.insert(0, str(PROJECT))
    from config import embedded  # (it reads the environment)

    postgres = int((embedded.data_dir() / "postgres" / "postmaster.pid").read_text().split()[0])
    socket_name = str(embedded.run_dir() / "valkey.sock")
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            if re.match(r".*valkey-server", command) and socket_name in command:
                return {"postgres": postgres, "valkey": int(folder.name)}
    return {"postgres": postgres}


def load(base: str, paths: list[str], *, seconds: int, connections: int = 16) -> dict[str, float]:
    """wrk, or where it is missing a client of our own, on random ones of `paths`: requests, seconds, latencies in ms, errors."""
    if shutil.which("wrk") is None:
        from client import ask

        return asyncio.run(ask(base, paths, seconds=seconds, connections=connections))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "paths").write_text("\n".join(paths))
        Path(folder, "pick.lua").write_text(PICK.format(file=f"{folder}/paths", seed=len(paths)))
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            f"{folder}/pick.lua",
            base,
        ]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(output.strip().splitlines()[-1])
