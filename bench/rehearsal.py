"""`make rehearse`: a dump while the shop sells, its restore, and orders on what was restored; then an upgrade with data.

make rehearse                          # both
make rehearse ARGS="restore"           # the dump and its restore alone
make rehearse ARGS="upgrade --json figures.json"
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
REHEARSALS = ("restore", "upgrade")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=[[], *REHEARSALS], help="none: both")
    parser.add_argument(
        "--seconds", type=int, default=8, help="of selling before the dump, and beside the migration"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--buyers", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="leave the data and logs where they are")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    figures = {name: rehearsed(name, options) for name in options.what or REHEARSALS}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, default=str))
    return int(any(found["violations"] for found in figures.values()))


def rehearsed(name: str, options: argparse.Namespace) -> dict:
    """Each in a process of its own: the database is chosen before Django reads its settings."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        folder = Path(tempfile.mkdtemp(prefix=f"souk-{name}-"))
        folder.chmod(0o755)
        try:
            found = play(name, options, folder)
        finally:
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(found, default=str))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    found = json.loads(told) if told else {"violations": ["it came to no end: see above"], "figures": {}}
    print(as_text(name, found), flush=True)
    return found


def play(name: str, options: argparse.Namespace, folder: Path) -> dict:
    from bench.program import prepare_environment

    prepare_environment(folder)
    os.environ["DB_NAME"] = "souk"
    if name == "restore":
        from bench.rehearsals.restoring import rehearse
    else:
        from bench.rehearsals.upgrading import rehearse

    return rehearse(options, folder)


def as_text(name: str, found: dict) -> str:
    lines = [f"{name}: {len(found['violations'])} violations"]
    lines += [f"    {line}" for line in found["violations"][:20]]
    return "\n".join(lines + [f"  {what}: {figure}" for what, figure in found["figures"].items()])


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    sys.exit(main())
