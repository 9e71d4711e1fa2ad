"""`make bench`: the whole table, on production processes, in a database of its own.

    make bench                            # 10,000 products, three rounds; under ten minutes
    BENCH_PRODUCTS=1000000 make bench     # generating them takes longer than measuring

In each round H, a bare "hello" of 2 KB on uvicorn with two workers, is measured beside the rest: on a shared machine only CPU
a call and ratios to H mean anything. What is shown is the median of the rounds, with the least and the most.
The database and the services' data go at the end; BENCH_KEEP=1 leaves them for the next run.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
PROJECT = BENCH.parent
Round = dict[str, dict[str, Any]]


def environment(products: int) -> dict[str, str]:
    """Data of its own beside the developer's, where there may be none yet."""
    folder = os.environ.get("SOUK_DATA_DIR") or str(PROJECT / ".souk-bench")
    return os.environ | {
        "SOUK_DATA_DIR": folder,
        "SOUK_ENV_FILE": os.devnull,
        "DB_NAME": f"souk_bench_{products}",
        "PUBLIC_URL": "http://127.0.0.1",
        "THROTTLE_SCALE": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def build(products: int) -> None:
    """The catalogue, unless an earlier run has left it."""
    from config import embedded

    embedded.ensure(without={"stripe"})  # as long as this process lives
    import django

    django.setup()
    from django.core.management import call_command

    from catalog.models import Product

    call_command("migrate", interactive=False, verbosity=0)
    missing = products - Product.objects.count()
    if missing > 0:
        call_command("generate_catalog", products=missing)


def program(name: str, *arguments: str) -> Round:
    """What one of the programs here has measured."""
    command = [sys.executable, str(BENCH / name), "--json", *arguments]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def rounds(options: argparse.Namespace) -> list[Round]:
    steps: list[Callable[[], Round]] = [
        lambda: program("starts.py"),
        lambda: program("reads.py", "--seconds", str(options.seconds)),
        lambda: program("orders.py", "--orders", str(options.orders)),
        lambda: {"least SQL of W5": program("floor.py", "--seconds", str(options.seconds))},
        lambda: {"R": program("realtime/fanout.py", "--sockets", str(options.sockets), "--events", "10", "--rate", "1")},
    ]  # fmt: skip
    found: list[Round] = []
    for number in range(1, options.rounds + 1):
        figures: Round = {}
        for step in steps:
            figures |= step()
            print(f"round {number}: {', '.join(figures)}", file=sys.stderr)
        found.append(figures)
    return found


def middle(values: list[Any]) -> Any:
    """The median of numbers; anything else is the same in every round."""
    is_number = isinstance(values[0], int | float)
    return round(statistics.median(values), 3) if is_number else values[0]


def summed_up(found: list[Round]) -> Round:
    """By workload each figure's median, its ratio to H of the same round, and the range of CPU."""
    result: Round = {}
    for name in found[0]:
        figures = [one[name] for one in found]
        result[name] = {key: middle([one.get(key) for one in figures]) for key in figures[0]}
        if "per_second" in result[name]:
            ratios = [one[name]["per_second"] / one["H"]["per_second"] for one in found]
            result[name]["of_h"] = round(statistics.median(ratios), 3)
        if "cpu_ms" in result[name]:
            each = sorted(one["cpu_ms"] for one in figures)
            result[name]["cpu_range"] = f"{each[0]:.2f}–{each[-1]:.2f}"
    return result


COLUMNS = {
    "per_second": "a second", "of_h": "of H", "cpu_ms": "CPU ms a call", "cpu_range": "least–most", "p50_ms": "p50 ms",
    "p99_ms": "p99 ms", "statements": "SQL statements", "memory_mb": "MB", "kb_a_socket": "KB a socket",
    "last_ms": "last frame ms", "missed": "missed", "ready_s": "ready after s",
}  # fmt: skip


def table(figures: Round) -> str:
    lines = [f"| | {' | '.join(COLUMNS.values())} |", "| --- |" + " --- |" * len(COLUMNS)]
    for name, values in figures.items():
        lines.append(f"| {name} | {' | '.join(str(values.get(key, '')) for key in COLUMNS)} |")
    return "\n".join(lines)


def conditions(options: argparse.Namespace) -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [version] = cursor.fetchone()
    model = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ""
    )  # fmt: skip
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"), "commit": commit.stdout.strip(), "products": options.products,
        "rounds": options.rounds, "seconds": options.seconds, "machine": f"{os.cpu_count()} x {model}".strip(),
        "system": platform.platform(), "python": platform.python_version(), "postgresql": version,
        "load": "wrk" if shutil.which("wrk") else "asyncio client", "load average": f"{os.getloadavg()[0]:.1f}",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", type=int, default=int(os.environ.get("BENCH_PRODUCTS", "10000")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="that each address is asked for")
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--sockets", type=int, default=5000)
    options = parser.parse_args()
    os.environ.update(environment(options.products))
    sys.path.insert(0, str(PROJECT))
    begun = time.monotonic()
    build(options.products)
    figures, where = summed_up(rounds(options)), conditions(options)
    where["minutes"] = round((time.monotonic() - begun) / 60, 1)
    folder = BENCH / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{options.products}.json").write_text(
        json.dumps({"conditions": where, "figures": figures}, indent=1)
    )
    text = f"{table(figures)}\n\n{'; '.join(f'{name}: {value}' for name, value in where.items())}\n"
    (folder / f"{options.products}.md").write_text(text)
    print(text)
    clean_up()


def clean_up() -> None:
    if os.environ.get("BENCH_KEEP"):
        return
    from django.db import connection

    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{connection.settings_dict["NAME"]}" WITH (FORCE)')


if __name__ == "__main__":
    main()
