"""The migrated database that test databases are copied from: migrating takes seconds, copying does not.

Its name tells the migrations that made it, so that a changed migration makes another.
"""

import gc
import inspect
from hashlib import blake2b

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

PREFIX = "souk_template_"
LOCK = 7_685_108  # several test processes start at once: one makes it, the others wait


def template() -> str:
    """The template's name; made when it is not there."""
    name = PREFIX + digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        present = {row[0] for row in cursor.fetchall()}
        if name not in present:
            for old in present:
                cursor.execute(f"DROP DATABASE IF EXISTS {old}")
            make(cursor, name)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return name


def make(cursor, name: str) -> None:
    """Under another name until it is whole: a run that is interrupted leaves no half of one."""
    unfinished = f"{PREFIX}unfinished"
    cursor.execute(f"CREATE DATABASE {unfinished}")
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = unfinished
    usually = gc.get_threshold()
    gc.set_threshold(
        100_000, *usually[1:]
    )  # models are made anew by the thousand: a fifth of the time is looking
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        gc.set_threshold(*usually)
        connection.close()
        connection.settings_dict["NAME"] = usual
    cursor.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")


def digest() -> str:
    mark = blake2b(settings.SEARCH_LANGUAGE.encode(), digest_size=8)
    migrations = MigrationLoader(None).disk_migrations
    for key in sorted(migrations):
        mark.update(repr(key).encode() + inspect.getsource(inspect.getmodule(type(migrations[key]))).encode())
    return mark.hexdigest()
