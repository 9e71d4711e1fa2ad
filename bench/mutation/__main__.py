"""`make mutation`: takes away each lock, order of locks, condition, constraint, unique index and trigger, one at a time, and shows
that some test fails.

    make mutation                          # goes on where the last run ended: results are kept in bench/results/mutation.json
    MUTATION_SECONDS=600 make mutation     # as many as there is time for
    make mutation ARGS="--only payments --again"
    make mutation ARGS="--only decide --tests social/tests/test_review_care.py"

Constraints are dropped in a database of the program's own, and the rows that `test_constraints.py` of each app writes down must
then be let in. For all else pytest runs, on a copy of the project or without a trigger in the test database, those tests that
should notice: the app's races, and what names the changed function.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("MUTATION_SECONDS", "7200")))
    parser.add_argument("--only", default="", help="a regular expression that a mutant's name must match")
    parser.add_argument("--again", action="store_true", help="also those that have a result")
    parser.add_argument("--survivors", action="store_true", help="only those that no test noticed")
    parser.add_argument(
        "--tests", nargs="+", help="files or tests to run instead of those that should notice"
    )
    parser.add_argument("--results", type=Path, default=PROJECT / "bench" / "results" / "mutation.json")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.nice(19 - os.nice(0))
    from bench.mutation.run import run

    return run(options)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    sys.exit(main())
