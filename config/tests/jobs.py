"""Runs due jobs inside a test's own transaction, where a worker on another connection could not see them."""

import inspect
import json
from importlib import import_module
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app

from config.shared.jobs import REQUEST_ID

FETCH = """
UPDATE procrastinate_jobs SET status = 'doing', attempts = attempts + 1 WHERE id = (
  SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
  ORDER BY priority DESC, id LIMIT 1)
RETURNING id, task_name, args
"""
MOST = 1000  # a job that enqueues itself without end fails the test instead of hanging it


def run_due_jobs() -> list[str]:
    """Runs what is due, and what that enqueues, in order; returns the names. A job's exception is the test's."""
    names = []
    ask_for_mails = import_module("social.tasks").ask_for_mails  # tests of the apps below run jobs, too
    while job := fetch() or (ask_for_mails() and fetch()):
        number, name, arguments = job
        arguments.pop(REQUEST_ID, None)
        call(app.tasks[name].func, arguments)
        finish(number)
        names.append(name)
        assert len(names) < MOST, f"jobs without end: {names[-3:]}"
    return names


def fetch() -> Any:
    with connection.cursor() as cursor:
        cursor.execute(FETCH)
        row = cursor.fetchone()
    return row and (row[0], row[1], json.loads(row[2]) if isinstance(row[2], str) else row[2])


def call(function: Any, arguments: dict[str, Any]) -> None:
    if inspect.iscoroutinefunction(function):
        async_to_sync(function)(**arguments)
    else:
        function(**arguments)


def finish(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [number])
