"""What a server holds in memory that it need not: libraries for what few of its processes ever do."""

import subprocess
import sys

from django.conf import settings

RARELY_USED = {"fpdf", "fontTools", "pytest", "factory", "faker"}
LOADED = """
import sys, config.wsgi, config.asgi
print(*{name.partition(".")[0] for name in sys.modules})
"""


def said_by(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_servers_do_not_load_what_they_rarely_use():
    """In a process of its own: this one has loaded everything that tests need."""
    loaded = set(said_by(LOADED))
    assert "orders" in loaded
    assert loaded & RARELY_USED == set()
