"""`make security`: what attackers try, against running processes under production settings; a row for each line of attack.

    make security                        # everything, about three minutes
    make security ARGS="--only tokens,uploads --json figures.json"
    SECURITY_SEED=7 make security        # other samples of the malformed bodies

Nothing leaves this machine but pip-audit's question for known vulnerabilities.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SECURITY_SEED", "1")))
    parser.add_argument("--only", default="", help="some of the groups, with commas")
    parser.add_argument("--keep", action="store_true", help="leave the data and logs where they are")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the table there")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="souk-security-"))
    folder.chmod(0o755)
    from bench.security import stage

    stage.prepare_environment(folder)
    from bench.security.run import run

    try:
        return run(options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    sys.exit(main())
