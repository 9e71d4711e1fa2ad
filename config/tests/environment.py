"""A pytest plug-in that is loaded before Django's settings are: tests read no `.env`, inherit no setting from the
shell, and have databases of their own, so that they run beside `make run`.

What a person may give is a PostgreSQL or a Redis of their own (DB_…, REDIS_URL), and SOUK_DATA_DIR.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
import redis

os.environ["SOUK_ENV_FILE"] = os.devnull
PROJECT = Path(__file__).resolve().parents[2]
KEPT = re.compile(r"DB_(HOST|PORT|USER|PASS|NAME)|REDIS_URL|SOUK_DATA_DIR")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def settings() -> set[str]:
    """The names of all settings: `.env.example` explains every one."""
    example = (PROJECT / ".env.example").read_text()
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))


for name in settings():
    if not KEPT.fullmatch(name):
        os.environ.pop(name, None)
if os.environ.get("DB_HOST"):
    os.environ["DEBUG"] = "true"  # a database of one's own is not production here
os.environ["REDIS_DB"] = str(1 + int(WORKER.removeprefix("gw")))  # 0 is `make run`'s
os.environ["CHANNEL_PREFIX"] = f"souk-test-{WORKER}"

from config import embedded  # noqa: E402  (it reads the environment that was prepared above)

os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(embedded.data_dir() / "metrics" / WORKER)
shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
embedded.ensure(without={"stripe"})


def pytest_sessionstart(session: pytest.Session) -> None:
    """What an earlier run has left in the cache must not be found by this one; passwords are hashed with less effort."""
    from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: PLC0415 (reads the settings)

    Argon2PasswordHasher.memory_cost = 1024  # KiB, a hundredth: thousands of tests log in
    cache = _redis()
    if os.environ.get("REDIS_URL"):
        for key in cache.scan_iter(f"{os.environ['CHANNEL_PREFIX']}*"):
            cache.delete(key)
    else:
        cache.flushdb()
    cache.close()


def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        os.environ.get("REDIS_URL") or embedded.valkey_url(int(os.environ["REDIS_DB"]))
    )
