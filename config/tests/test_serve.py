"""HTTP's parent process: what its workers share with it, and that they end with it."""

import os
import select
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from config.tests.live import WAIT, eventually, free_port
from config.tests.test_memory import said_by

BEFORE_THE_FORK = """
import os, threading
from config import serve
files = [file.path for file in os.scandir("/proc/self/fd")]
print(threading.active_count(), sum("socket:" in os.readlink(file) for file in files if os.path.exists(file)))
"""


def test_what_is_loaded_before_the_workers_are_forked_opens_nothing_they_would_share():
    """One thread, no socket: neither of PostgreSQL nor of Redis."""
    assert said_by(BEFORE_THE_FORK) == ["1", "0"]


def test_workers_end_when_their_parent_is_killed():
    serve = [sys.executable, "-m", "config.serve", "--port", str(free_port()), "--workers", "1"]
    parent = subprocess.Popen(serve, cwd=settings.BASE_DIR, stderr=subprocess.DEVNULL)
    try:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        [worker] = eventually(lambda: children.read_text().split(), "a worker has begun")
        ends = select.poll()
        ends.register(os.pidfd_open(int(worker)), select.POLLIN)
    finally:
        parent.kill()
        parent.wait()
    assert len(ends.poll(WAIT * 1000)) == 1
