"""`make soak`: buyers, sellers and websocket clients at work on several nodes, while these are killed and Stripe misbehaves.

At the end what each of them was told is held against the database: nothing acknowledged may be lost or doubled.

    make soak                                 # five minutes
    SOAK_SECONDS=60 SOAK_SEED=3 make soak     # the same choices again: who buys what, what is killed and when
    SOAK_LOSE=each make soak                  # each node and service in turn is away for a while, with a verdict of its own
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def prepare_environment(folder: Path) -> None:
    """Before Django reads its settings: data of its own, short lives so that ends are met, too."""
    os.environ |= {
        "SOUK_DATA_DIR": str(folder / "data"),
        "SOUK_ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "THROTTLE_SCALE": "0",
        "JWT_EXPIRY": "1d",
        "HOLD_LIFETIME": "60s",
        "PUBLIC_URL": "http://127.0.0.1",  # of all nodes
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("SOAK_SECONDS", "300")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SOAK_SEED", "1")))
    parser.add_argument("--buyers", type=int, default=8)
    parser.add_argument(
        "--lose",
        default=os.environ.get("SOAK_LOSE", ""),
        help="each, or names with commas: web-1,replica,valkey",
    )
    parser.add_argument(
        "--calm", action="store_true", help="nothing is killed: what the same work does in peace"
    )
    parser.add_argument("--keep", action="store_true", help="leave the data and logs where they are")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="souk-soak-"))
    prepare_environment(folder)
    from bench.soak.run import run

    try:
        return run(options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    sys.exit(main())
