"""Finds what is wrong with an installation and how to fix it: `manage.py doctor` runs these checks one by one."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError, connection
from django.utils import timezone

from config.back_office.roles import missing
from config.shared import redis
from config.shared.commands import waiting_migrations

OLDEST_POSTGRES, OLDEST_REDIS = (15, 0), (7, 0)
EXTENSIONS = ("btree_gin", "fuzzystrmatch", "pg_trgm", "unaccent")
SKEW = timedelta(seconds=2)  # signatures, tokens and stock holds compare the clocks of several machines
SILENCE = timedelta(seconds=60)  # a living worker sends a heartbeat every ten seconds
REQUIREMENTS = Path(settings.BASE_DIR) / "requirements.txt"


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` says how to fix it; a finding that is only `advice` does not fail the command."""

    problem: str
    mend: str
    is_advice: bool = False


def database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as refusal:
        reason = str(refusal).strip().splitlines()[0]
        yield Finding(
            f"PostgreSQL cannot be reached: {reason}", "Check DB_HOST, DB_PORT, DB_USER, DB_PASS, DB_NAME."
        )
        return
    major, minor = divmod(connection.pg_version, 10_000)
    if (major, minor) < OLDEST_POSTGRES:
        yield Finding(f"PostgreSQL {major}.{minor} is too old.", "Upgrade it to 15 or newer.")
    yield from missing_extensions()
    yield from migrations()
    yield from database_clock()


def missing_extensions() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name EXCEPT SELECT name FROM pg_available_extensions",
            [list(EXTENSIONS)],
        )
        for (name,) in cursor.fetchall():
            yield Finding(
                f"PostgreSQL lacks the extension {name}.", "Install its contrib package (postgresql-contrib)."
            )


def migrations() -> Iterator[Finding]:
    if count := waiting_migrations():
        yield Finding(f"{count} migrations wait.", "Run `manage.py migrate`.")


def database_clock() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        yield from skewed("PostgreSQL", cursor.fetchone()[0])


def skewed(who: str, theirs: datetime) -> Iterator[Finding]:
    if abs(theirs - timezone.now()) > SKEW:
        yield Finding(
            f"The clock of {who} says {theirs:%H:%M:%S}, ours {timezone.now():%H:%M:%S}.", "Let NTP set both."
        )


def cache() -> Iterator[Finding]:
    client = redis.connection()
    try:
        known = client.info("server")
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
        bound = int(client.config_get("maxmemory").get("maxmemory", 0))
        seconds, micros = client.time()
    except redis.DOWN as refusal:
        yield Finding(f"Redis cannot be reached: {type(refusal).__name__}.", "Check REDIS_URL.")
        return
    if tuple(int(part) for part in known["redis_version"].split(".")[:2]) < OLDEST_REDIS:
        yield Finding(f"Redis {known['redis_version']} is too old.", "Upgrade to Redis 7 or Valkey 8.")
    if bound and policy == "noeviction":
        yield Finding(
            "Redis refuses writes when it is full.", "Set maxmemory-policy to allkeys-lru.", is_advice=True
        )
    yield from skewed("Redis", datetime.fromtimestamp(seconds + micros / 1_000_000, UTC))


def worker() -> Iterator[Finding]:
    if "procrastinate_workers" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s", [SILENCE]
        )
        alive = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
        failed = cursor.fetchone()[0]
    if not alive:
        yield Finding(
            "No worker has been heard of for a minute.",
            "Start `manage.py worker`: it also places the events.",
        )
    if failed:
        mend = "Look at them in the admin site, mend the cause, retry them."
        yield Finding(f"{failed} jobs failed for good.", mend, is_advice=True)


def roles() -> Iterator[Finding]:
    if "auth_group" in connection.introspection.table_names() and (lacking := missing()):
        yield Finding(
            f"Staff roles are missing: {', '.join(lacking)}.", "Run `manage.py create_roles`.", is_advice=True
        )


def files() -> Iterator[Finding]:
    for name in ("MEDIA_ROOT", "METRICS_DIR"):
        folder = Path(getattr(settings, name))
        standing = next(path for path in (folder, *folder.parents) if path.exists())
        if not os.access(standing, os.W_OK | os.X_OK):
            yield Finding(
                f"{folder} cannot be written.", f"Give it to the user of these processes, or set {name}."
            )


def packages() -> Iterator[Finding]:
    for line in REQUIREMENTS.read_text().splitlines():
        name, _, wanted = line.partition("==")
        if wanted and (found := installed(name.partition("[")[0])) != wanted:
            yield Finding(
                f"{name} is {found or 'missing'}, not {wanted}.", "Run `pip install -r requirements.txt`."
            )


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def stripe() -> Iterator[Finding]:
    if settings.STRIPE_STANDIN:
        if settings.PRODUCTION:
            yield Finding("Payments go to the stand-in.", "Set STRIPE_SECRET_KEY.")
        return
    modes = {
        ("live" if "_live_" in key else "test")
        for key in (settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY)
        if key
    }
    if len(modes) > 1:
        yield Finding(
            "Stripe's two keys are of different modes.",
            "Take STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY from one mode.",
        )
    if not settings.STRIPE_WEBHOOK_SECRET.startswith("whsec_"):
        yield Finding(
            "STRIPE_WEBHOOK_SECRET is none of Stripe's.", "Copy the endpoint's signing secret (whsec_…)."
        )


def deployment() -> Iterator[Finding]:
    """Django's own checks, including those for a deployment if this is one."""
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= WARNING:
            yield Finding(
                f"{message.id}: {message.msg}",
                message.hint or "See Django's system checks.",
                message.level == WARNING,
            )


CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "packages": packages,
    "settings": deployment,
    "database": database,
    "redis": cache,
    "worker": worker,
    "roles": roles,
    "files": files,
    "stripe": stripe,
}
