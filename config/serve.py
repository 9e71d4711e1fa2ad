"""HTTP by granian: `python -m config.serve`, with granian's own options.

Souk is loaded here, once, and granian's workers are forked from this process: they share what was loaded (two take 180
MB instead of 235), and a replaced worker answers at once. So loading must open no connection and start no thread.
Workers end with their parent, however it ended.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
from functools import partial

from granian.cli import entrypoint

from config import wsgi

PR_SET_PDEATHSIG = 1  # linux/prctl.h
TARGET = f"{wsgi.__name__}:application"


def end_with(parent: int) -> None:
    """Has Linux signal a worker when its parent is killed: it would otherwise keep the port, beside the next workers.

    Resets SIGTERM, since a worker inherits the parent's handler and would ignore the signal until it sets its own."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # the parent was killed before prctl was called
        os._exit(1)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")  # no longer the default from Python 3.14 on
    os.register_at_fork(after_in_child=partial(end_with, os.getpid()))
    sys.argv[:] = ["granian", "--interface", "wsgi", *sys.argv[1:], TARGET]
    entrypoint()
