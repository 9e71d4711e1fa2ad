"""What a server holds in memory that it need not: libraries for what few of its processes ever do."""

import subprocess
import sys

from django.conf import settings

RARELY_USED = {"fpdf", "fontTools", "pytest", "factory", "faker"}
LOADED = """
import sys, config.wsgi, config.asgi
from django.urls import get_resolver
get_resolver().url_patterns
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_servers_do_not_load_what_they_rarely_use():
    """In a process of its own: this one has loaded everything that tests need."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "orders" in loaded
    assert loaded & RARELY_USED == set()
