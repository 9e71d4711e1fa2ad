"""`make races`: the same thing at the same moment, by many, over HTTP to two server processes; and with its guard taken away.

    make races                             # twenty rounds of each, some fifteen minutes
    RACES_ROUNDS=3 RACES_SEED=7 make races
    make races ARGS="--only coupon"

For each race the guard that should win it (a lock, a condition, a constraint, an order) is then taken away, and the violation
must be seen: else the race shows nothing. The guards are words of SQL statements that `weakened.py` leaves out.
`--json FILE` has the figures, and FILE with the suffix `.md` the table.
"""

import os
import signal
import sys

from bench.program import folder_of, parser_of, prepare_environment


def main() -> int:
    parser = parser_of("races", __doc__)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("RACES_ROUNDS", "20")))
    parser.add_argument("--only", default="", help="races whose title has these words")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and what was started is stopped
    with folder_of("races", options.keep) as folder:
        prepare_environment(folder)
        os.environ |= {"HOLD_LIFETIME": "1h", "SOCKETS_PER_ADDRESS": "0", "SOCKETS_PER_USER": "0"}
        from bench.races.run import run

        return run(options, folder)


if __name__ == "__main__":
    sys.exit(main())
