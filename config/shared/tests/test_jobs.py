"""The request id goes along with a job, and into what the job logs and defers."""

from types import SimpleNamespace

import pytest
import structlog
from asgiref.sync import async_to_sync
from django.db import connection

from config.shared.jobs import REQUEST_ID, name_request

pytestmark = pytest.mark.django_db
SOMEBODY = {"email": "a@b.test", "password": "correct-horse-9", "name": "A"}


def queued():
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> %s FROM procrastinate_jobs ORDER BY id", [REQUEST_ID])
        return [value for (value,) in cursor.fetchall()]


def test_a_job_has_the_id_of_its_request_and_of_none_it_has_none(api, run_jobs):
    assert (
        api.post("/api/v1/auth/register", SOMEBODY, headers={"X-Request-Id": "from-a-client"}).status_code
        == 201
    )
    assert set(queued()) == {"from-a-client"}
    assert run_jobs()


def test_the_task_never_sees_it_and_its_log_lines_do():
    job = SimpleNamespace(
        id=7, task_name="shared.try", task_kwargs={"order_id": 3, REQUEST_ID: "from-a-client"}
    )

    async def task():
        return dict(job.task_kwargs), structlog.contextvars.get_contextvars()

    given, known = async_to_sync(name_request)(task, SimpleNamespace(job=job), None)
    assert given == {"order_id": 3}
    assert known == {"job": 7, "task": "shared.try", "request_id": "from-a-client"}
    assert "request_id" not in structlog.contextvars.get_contextvars()
