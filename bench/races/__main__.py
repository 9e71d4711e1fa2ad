"""`make races`: the same thing at the same moment, by many, over HTTP to two server processes; and with its guard taken away.

    make races                             # twenty rounds of each, some fifteen minutes
    RACES_ROUNDS=3 RACES_SEED=7 make races
    make races ARGS="--only coupon"

For each race the guard that should win it (a lock, a condition, a constraint, an order) is then taken away, and the violation
must be seen: else the race shows nothing. The guards are words of SQL statements that `weakened.py` leaves out.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    from bench.soak.__main__ import prepare_environment

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("RACES_ROUNDS", "20")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("RACES_SEED", "1")))
    parser.add_argument("--only", default="", help="races whose title has these words")
    parser.add_argument("--keep", action="store_true", help="leave the data and logs where they are")
    parser.add_argument("--json", type=Path, help="write the figures there, and as Markdown beside it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and what was started is stopped
    folder = Path(tempfile.mkdtemp(prefix="souk-races-"))
    prepare_environment(folder)
    os.environ |= {"HOLD_LIFETIME": "1h", "SOCKETS_PER_ADDRESS": "0", "SOCKETS_PER_USER": "0"}
    from bench.races.run import run

    try:
        return run(options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    sys.exit(main())
