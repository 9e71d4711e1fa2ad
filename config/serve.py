"""HTTP by granian: `python -m config.serve`, with granian's own options.

Souk is loaded here, once, and granian's workers are forked from it: what was loaded they share (two take 180 MB instead
of 235), and a worker that is replaced answers at once. So loading opens no connection and starts no thread. Workers end
with their parent, however it ended.
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
    """Linux tells a worker that its parent was killed: it would stay on the port, beside the workers of the next.

    What the parent does at SIGTERM the worker has inherited: until it has its own way, it would note it and go on."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was killed before it could be asked
        os._exit(1)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")  # from Python 3.14 on it is no longer what is chosen by itself
    os.register_at_fork(after_in_child=partial(end_with, os.getpid()))
    sys.argv[:] = ["granian", "--interface", "wsgi", *sys.argv[1:], TARGET]
    entrypoint()
