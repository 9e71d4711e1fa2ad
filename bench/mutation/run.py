"""One mutant after another, each result kept at once."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import django

from config import embedded

embedded.ensure(without={"stripe"})
django.setup()

from bench.mutation import code, schema

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 300  # seconds that the tests of one mutant may take; what is not decided by then is not counted as noticed
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".souk*", ".venv", "__pycache__", ".*_cache", "media", "results", "staticfiles"
)
RACES = ("test_races.py", "test_locks.py")
LOCKS = ("config/tests/test_lock_order.py", "config/tests/test_single_locks.py")

Trial = Callable[[], str]  # what became of a mutant: "killed by …", or "survived"


def run(options: argparse.Namespace) -> int:
    """The exit code: 1 when a mutant survived."""
    results: dict[str, str] = json.loads(options.results.read_text()) if options.results.exists() else {}
    options.results.parent.mkdir(exist_ok=True)
    ends = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="souk-mutation-") as folder:
        copy = Path(folder, "souk")
        shutil.copytree(PROJECT, copy, ignore=NOT_COPIED)
        every = dict(trials(copy, options.tests))
        for name, trial in every.items():
            if time.monotonic() < ends and is_wanted(name, options, results):
                results[name] = trial()
                print(f"{results[name]}: {name}", flush=True)
                options.results.write_text(json.dumps(results, indent=1))
    print(summary({name: results.get(name, "not tried") for name in every}))
    return int("survived" in results.values())


def is_wanted(name: str, options: argparse.Namespace, results: dict[str, str]) -> bool:
    if not re.search(options.only, name):
        return False
    known = results.get(name)
    return known == "survived" if options.survivors else known is None or options.again


def trials(copy: Path, chosen: list[str] | None = None) -> Iterator[tuple[str, Trial]]:
    schema.use_copy("souk_mutation")
    for name, is_noticed in schema.constraints():
        yield name, lambda is_noticed=is_noticed: "killed by its row" if is_noticed() else "survived"
    for name, sql, tests in schema.triggers():
        yield name, lambda sql=sql, tests=tests: tested(copy, chosen or tests, MUTANT_SQL=sql)
    for mutant in code.mutants(PROJECT):
        yield mutant.name, lambda mutant=mutant: changed(copy, mutant, chosen or tests_of(mutant))


def changed(copy: Path, mutant: code.Mutant, tests: list[str]) -> str:
    file = copy / mutant.path
    before = file.read_text()
    file.write_text(mutant.source)
    try:
        return tested(copy, tests)
    finally:
        file.write_text(before)


def tests_of(mutant: code.Mutant) -> list[str]:
    """The tests that name the function or who calls it, those that are called like the module, and the app's races. For a lock,
    first what is locked and in which order. A statement that stands outside of functions may be noticed by any test of the app."""
    path = Path(mutant.path)
    homes = (
        ["config/shared/tests", "config/tests"] if path.parts[0] == "config" else [f"{path.parts[0]}/tests"]
    )
    found = [file for home in homes for file in sorted((PROJECT / home).glob("test_*.py"))]
    words = code.callers_of(mutant.place, mutant.source)
    named = [file for file in found if not words or any(names(file, word) for word in words)]
    races = [file for file in found if file.name in RACES]
    about = {path.stem.removesuffix("s"), path.parent.name.removesuffix("s")} - {
        "",
        "service",
        "app",
        *code.APPS,
    }
    alike = [file for file in found if any(word in file.stem for word in about)]
    first = [] if mutant.kind == "condition" else LOCKS
    chosen = [*first, *(str(file.relative_to(PROJECT)) for file in [*named, *alike, *races])]
    return list(dict.fromkeys(chosen))


def names(file: Path, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", file.read_text()) is not None


def tested(copy: Path, tests: list[str], **settings: str) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "bench.mutation.plugin",
        "-q",
        "-x",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        *tests,
    ]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return "undecided: the tests took too long"
    if done.returncode == 0:
        return "survived"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return f"killed by {failed[1]}" if failed else f"broken: {(done.stdout + done.stderr)[-300:]}"


def summary(results: dict[str, str]) -> str:
    """Killed and total of each kind, then who survived."""
    kinds = {name: name.partition(":")[0] for name in results}
    total, killed = (
        Counter(kinds.values()),
        Counter(kinds[name] for name, told in results.items() if told.startswith("killed")),
    )
    tried = Counter(kinds[name] for name, told in results.items() if told != "not tried")
    lines = ["| taken away | there are | tried | noticed |", "| --- | --- | --- | --- |"]
    lines += [f"| {kind} | {total[kind]} | {tried[kind]} | {killed[kind]} |" for kind in total]
    lines += [
        "",
        *(
            f"{told}: {name}"
            for name, told in results.items()
            if not told.startswith(("killed", "not tried"))
        ),
    ]
    return "\n".join(lines)
