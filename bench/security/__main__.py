"""`make security`: what attackers try, against running processes under production settings; a row for each line of attack.

    make security                        # everything, about three minutes
    make security ARGS="--only tokens,uploads --json figures.json"
    SECURITY_SEED=7 make security        # other samples of the malformed bodies

Nothing leaves this machine but pip-audit's question for known vulnerabilities.
"""

import sys
from pathlib import Path

from bench.program import folder_of, parser_of


def main() -> int:
    parser = parser_of("security", __doc__)
    parser.add_argument("--only", default="", help="some of the groups, with commas")
    parser.add_argument("--markdown", type=Path, help="write the table there")
    options = parser.parse_args()
    with folder_of("security", options.keep) as folder:
        folder.chmod(0o755)
        from bench.security import stage

        stage.prepare_environment(folder)
        from bench.security.run import run

        return run(options, folder)


if __name__ == "__main__":
    sys.exit(main())
