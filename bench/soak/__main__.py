"""`make soak`: buyers, sellers and websocket clients at work on several nodes, while these are killed and Stripe misbehaves.

At the end what each of them was told is held against the database: nothing acknowledged may be lost or doubled.

    make soak                                 # five minutes
    SOAK_SECONDS=60 SOAK_SEED=3 make soak     # the same choices again: who buys what, what is killed and when
    SOAK_LOSE=each make soak                  # each node and service in turn is away for a while, with a verdict of its own
    SOAK_LOSE=each make soak ARGS=--gently    # nodes are told to end instead of killed

Ctrl-C or SIGTERM ends the work early: the verdict is told as far as it came, with the exit code 130. A second one ends it at once.
"""

import os
import signal
import sys

from bench.program import folder_of, parser_of, prepare_environment


def main() -> int:
    parser = parser_of("soak", __doc__)
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("SOAK_SECONDS", "300")))
    parser.add_argument("--buyers", type=int, default=8)
    parser.add_argument(
        "--lose",
        default=os.environ.get("SOAK_LOSE", ""),
        help="each, or names with commas: web-1,replica,valkey",
    )
    parser.add_argument(
        "--gently",
        action="store_true",
        help="with --lose: nodes are told to end (SIGTERM), as at each new version",
    )
    parser.add_argument(
        "--calm", action="store_true", help="nothing is killed: what the same work does in peace"
    )
    options = parser.parse_args()
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # ends it as Ctrl-C does: with the verdict so far
    with folder_of("soak", options.keep) as folder:
        prepare_environment(folder)
        from bench.soak.run import run

        return run(options, folder)


if __name__ == "__main__":
    sys.exit(main())
